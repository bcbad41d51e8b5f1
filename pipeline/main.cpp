#include "models/formats/hdf5_child.h"
#include "pipeline/command.h"

int main(int argc, char** argv) {
  if (const std::optional<int> code = actionflow::run_hdf5_child(argc, argv)) return *code;
  return actionflow::run_program(argc, argv);
}
