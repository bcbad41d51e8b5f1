// What the time of the day is at a stream's time stamps, for as long as a connection lasts.
//
// By when pictures were taken, where their sender says so (RTCP), else by when they came: of the last minutes
// the one that took least on its way tells best. A sender's clock that drifts is followed, and so is this
// machine's wherever it is set, at once and for what was before as well: moments are kept by its steady
// clock. What changes by less than kStir is no change, so that one moment has one time. One thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/machine/clock.h"

namespace actionflow {

class TimeOfDay {
 public:
  static constexpr std::int64_t kStirNs = 50'000'000;
  static constexpr std::int64_t kRememberedNs = 60'000'000'000;

  explicit TimeOfDay(const Clock& clock) : clock_(&clock) {}

  // A picture at `stamp_ns` came at `arrival_ns` of the steady clock. taken_ns: UTC; 0: its sender does not
  // say.
  void note(std::int64_t stamp_ns, std::int64_t arrival_ns, std::int64_t taken_ns);
  // UTC at stamp 0, in nanoseconds since 1970, by the clock of the newest picture; none before the first.
  std::optional<std::int64_t> zero_ns() const { return told_ns_; }
  void reset() { *this = TimeOfDay(*clock_); }

 private:
  std::int64_t best_ns(std::int64_t stamp_ns, std::int64_t arrival_ns, std::int64_t taken_ns);

  const Clock* clock_;
  std::optional<std::int64_t> came_zero_ns_, before_ns_;  // steady clock: least of this stretch, of the last
  std::int64_t stretch_ns_ = 0;                           // when this one began
  std::optional<std::int64_t> told_ns_;
};

}  // namespace actionflow
