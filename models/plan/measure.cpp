#include "models/plan/measure.h"

#include <algorithm>
#include <ctime>

namespace actionflow {
namespace {

double milliseconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

}  // namespace

double median_milliseconds(int threads, int repetitions, const std::function<void()>& body) {
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  std::vector<double> times;
  body();
  for (int i = 0; i < std::max(repetitions, 1); ++i) {
    const double start = milliseconds_of(clock);
    body();
    times.push_back(milliseconds_of(clock) - start);
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

}  // namespace actionflow
