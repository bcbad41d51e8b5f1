// How long to wait before something that was lost is tried again: 0.5 s, doubling to 30 s, each shortened by
// up to a quarter at random, so that many who wait for one server do not return all at once.
//
// Belongs to one thread. Delays differ from run to run on purpose; nothing else may depend on them.
#pragma once

#include <chrono>
#include <cstdint>

namespace actionflow {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds kFirst{500};
  static constexpr std::chrono::milliseconds kLongest{30'000};

  Backoff();

  // The next delay, within kFirst and kLongest.
  std::chrono::milliseconds next();
  // It is there again.
  void reset() { attempt_ = 0; }
  int attempts() const { return attempt_; }

 private:
  int attempt_ = 0;
  std::uint64_t random_;
};

}  // namespace actionflow
