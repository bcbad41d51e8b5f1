// OpenCV's own threads, which are never wanted: the flow graph has all the threads there are.
#pragma once

namespace actionflow {

// Before the first call of OpenCV's, from any thread.
void opencv_threads_off();

}  // namespace actionflow
