// How long to wait before something that was lost is tried again: 0.5 s, doubling to 30 s, each shortened by
// up to a quarter at random, so that many who wait for one server do not return all at once.
//
// Belongs to one thread. Delays differ from run to run on purpose; nothing else may depend on them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

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
  // It is there at this moment of a steady clock, with no word of its loss, next(), since the first such
  // moment: delays begin anew once that has lasted for kHeld. What is lost again at once is so waited for
  // longer each time.
  void note_there(std::int64_t now_ns);
  static constexpr std::chrono::seconds kHeld{1};
  int attempts() const { return attempt_; }

 private:
  int attempt_ = 0;
  std::optional<std::int64_t> there_ns_;  // since when
  std::uint64_t random_;
};

}  // namespace actionflow
