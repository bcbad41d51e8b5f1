#include "models/formats/hdf5/hdf5_child.h"
#include "pipeline/commands/arguments/command.h"
#include "pipeline/process_setup.h"

int main(int argc, char** argv) {
  if (const std::optional<int> code = actionflow::run_hdf5_child(argc, argv)) return *code;
  actionflow::set_up_process();
  return actionflow::run_program(argc, argv);
}
