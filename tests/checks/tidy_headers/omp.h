// The part of <omp.h> that the program uses, for clang-tidy where Clang has no <omp.h> of its own; GCC's does
// not parse there. Nothing is built with it.
#pragma once

extern "C" {
int omp_get_max_threads();
int omp_get_num_threads();
int omp_get_thread_num();
void omp_set_dynamic(int dynamic);
void omp_set_max_active_levels(int levels);
void omp_set_num_threads(int threads);
}
