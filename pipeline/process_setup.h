// The state of the whole process that the program sets for itself: the allocator, standard streams, OpenCV's
// threads, FFmpeg's log and its limit on allocations, and how libgomp's threads wait.
//
// Only main() calls it, so that another program can embed the libraries and keep its own. What is left to a
// run (TBB's number of workers, signal handlers, the niceness of training's workers) is set while it lasts by
// what needs it.
#pragma once

namespace actionflow {

// To be called first in main(), before there is a second thread.
void set_up_process();

}  // namespace actionflow
