#include "models/openmp_wait.h"

#include <unistd.h>

#include <cstdlib>

namespace actionflow {
namespace {

// Some ten microseconds: longer than the gap between two kernels' barriers, far shorter than a time slice.
constexpr const char* kSpins = "3000";

}  // namespace

void wait_briefly_at_barriers(char** argv) {
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  if (setenv("GOMP_SPINCOUNT", kSpins, 1) == 0) execv("/proc/self/exe", argv);
}

}  // namespace actionflow
