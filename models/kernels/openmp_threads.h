// The OpenMP threads that a network runs on.
//
// Kernels are made for a number of threads: they share out memory by it, and oneDNN's wait for each of them.
// So a network is made for no more threads than a parallel region gets, whatever it asks for:
// OMP_THREAD_LIMIT and OMP_MAX_ACTIVE_LEVELS bound it.
#pragma once

namespace actionflow {

// As many of `wanted` as a region of the calling thread gets; a warning in the log where that is fewer.
int available_threads(int wanted);

// The calling thread's regions have so many from now on, OMP_DYNAMIC or not.
void set_threads(int threads);

}  // namespace actionflow
