// How a live source is opened again: after which wait, and when its losses are worth an alarm.
//
// Waits grow from 0.5 s to 30 s (base/machine/backoff.h) and begin anew once the source has given packets for
// a while. Five losses within ten minutes are an alarm, once an hour; meanwhile each of them is not worth a
// line. Belongs to one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/machine/backoff.h"

namespace actionflow {

class Reconnects {
 public:
  static constexpr std::size_t kAlarmingLosses = 5;
  static constexpr std::int64_t kWithinNs = 600'000'000'000;
  static constexpr std::int64_t kAlarmEveryNs = 3600'000'000'000;

  // Times are a steady clock's.
  void note_packet(std::int64_t now_ns) { backoff_.note_there(now_ns); }
  // It is lost, or still is: how long to wait.
  std::chrono::milliseconds next_wait() { return backoff_.next(); }
  // It is lost after it gave packets. How often it was in the last ten minutes, where that is to be told now.
  std::optional<std::size_t> note_loss(std::int64_t now_ns);
  // It comes and goes, and that was told; until it has held for long enough.
  bool restless(std::int64_t now_ns) const;

 private:
  Backoff backoff_;
  std::deque<std::int64_t> losses_;
  std::optional<std::int64_t> alarmed_ns_;
};

}  // namespace actionflow
