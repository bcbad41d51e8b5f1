// How long to wait before a lost source is opened again: 0.5 s, doubling to 30 s, each shortened by
// up to a quarter at random, so that many cameras behind one server do not return all at once.
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
  // The source gave frames again.
  void reset() { attempt_ = 0; }
  int attempts() const { return attempt_; }

 private:
  int attempt_ = 0;
  std::uint64_t random_;
};

}  // namespace actionflow
