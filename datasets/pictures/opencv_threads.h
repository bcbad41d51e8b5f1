// OpenCV's own threads, which the program never wants: the flow graph has all the threads there are.
#pragma once

namespace actionflow {

// In the whole process. For main().
void opencv_threads_off();

}  // namespace actionflow
