#include "pipeline/process_setup.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/machine/heap.h"
#include "datasets/pictures/opencv_threads.h"
#include "datasets/video/ffmpeg_log.h"

namespace actionflow {
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

void set_up_process() {
  hold_standard_streams();
  use_one_heap();
  take_over_ffmpeg();
  opencv_threads_off();
}

}  // namespace actionflow
