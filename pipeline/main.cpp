#include <fcntl.h>
#include <unistd.h>

#include "base/heap.h"
#include "models/formats/hdf5_child.h"
#include "models/openmp_wait.h"
#include "pipeline/commands/command.h"

namespace {

// A file opened later must not take the number of a standard stream that the caller closed. Read-only: what
// is written there fails, as it would have.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    [[maybe_unused]] const int held = open("/dev/null", O_RDONLY);  // takes the lowest free number
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  actionflow::wait_briefly_at_barriers(argv);
  actionflow::use_one_heap();
  if (const std::optional<int> code = actionflow::run_hdf5_child(argc, argv)) return *code;
  return actionflow::run_program(argc, argv);
}
