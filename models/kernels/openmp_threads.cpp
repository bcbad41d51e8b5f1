#include "models/kernels/openmp_threads.h"

#include <omp.h>

#include "base/log/log.h"

namespace actionflow {

int available_threads(int wanted) {
  set_threads(wanted);
  int available = 1;
#pragma omp parallel
#pragma omp single
  available = omp_get_num_threads();
  if (available < wanted)
    log::warn("a network runs on {} of {} threads: OpenMP gives no more here (OMP_THREAD_LIMIT?)", available,
              wanted);
  return available;
}

void set_threads(int threads) {
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
}

}  // namespace actionflow
