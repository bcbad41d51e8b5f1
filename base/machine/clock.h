// Time: steady for intervals and deadlines, wall time for people and files.
//
// What depends on time takes a Clock, so that a test can let a day pass at once. Everything here may
// be called from any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace actionflow {

class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since some fixed moment; never goes back.
  virtual std::int64_t steady_ns() const = 0;
  // Nanoseconds since 1970, UTC; may jump.
  virtual std::int64_t wall_ns() const = 0;

  // The machine's own.
  static const Clock& system();
};

// Nanoseconds of the system's steady clock.
std::int64_t steady_ns();

// Seconds of processor time that this process has used, all of its threads together.
double processor_seconds();

// "2024-05-01T12:00:00.000Z"
std::string utc_text(std::int64_t wall_ns);

// Seconds since it was made or reset.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock = Clock::system()) : clock_(&clock), begin_ns_(clock.steady_ns()) {}
  double seconds() const { return static_cast<double>(clock_->steady_ns() - begin_ns_) * 1e-9; }
  double milliseconds() const { return seconds() * 1e3; }
  void reset() { begin_ns_ = clock_->steady_ns(); }

 private:
  const Clock* clock_;
  std::int64_t begin_ns_;
};

// A moment by which something has to be done.
class Deadline {
 public:
  explicit Deadline(double seconds, const Clock& clock = Clock::system())
      : clock_(&clock), end_ns_(clock.steady_ns() + static_cast<std::int64_t>(seconds * 1e9)) {}

  bool passed() const { return clock_->steady_ns() >= end_ns_; }
  // 0 once it has passed.
  double seconds_left() const {
    return static_cast<double>(std::max<std::int64_t>(0, end_ns_ - clock_->steady_ns())) * 1e-9;
  }
  std::chrono::nanoseconds left() const {
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, end_ns_ - clock_->steady_ns()));
  }

 private:
  const Clock* clock_;
  std::int64_t end_ns_;
};

// Lets one caller through in each interval, the first at once; the others are counted.
class RateLimit {
 public:
  explicit RateLimit(double interval_seconds, const Clock& clock = Clock::system())
      : clock_(&clock), interval_ns_(static_cast<std::int64_t>(interval_seconds * 1e9)) {}

  // True: go ahead; `held_back` is how many were not let through since the last that was.
  bool pass(std::int64_t& held_back);

 private:
  const Clock* clock_;
  std::int64_t interval_ns_;
  std::atomic<std::int64_t> next_ns_{INT64_MIN};
  std::atomic<std::int64_t> held_back_{0};
};

}  // namespace actionflow
