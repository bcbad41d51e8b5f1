#include "base/heap.h"
#include "models/formats/hdf5_child.h"
#include "models/openmp_wait.h"
#include "pipeline/command.h"

int main(int argc, char** argv) {
  actionflow::wait_briefly_at_barriers(argv);
  actionflow::use_one_heap();
  if (const std::optional<int> code = actionflow::run_hdf5_child(argc, argv)) return *code;
  return actionflow::run_program(argc, argv);
}
