// Waiting for what must come: the limit stands only against a test that hangs.
#pragma once

#include <chrono>
#include <thread>

#include "base/machine/clock.h"

namespace actionflow::testing {

// Looks until the condition holds; false when it does not in two minutes.
template <class Condition>
bool wait_for(Condition&& condition) {
  constexpr double kSeconds = 120;
  const Deadline deadline(kSeconds);
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace actionflow::testing
