// Time stamps, in microseconds, for the pictures of a live source that bring none: by when they arrive.
//
// Pictures that a network delivers in a burst were not taken at once. None is stamped sooner after the one
// before than four fifths of the mean interval of the last four seconds, which spreads a burst over the time
// until the next; so a stamp may lie up to two seconds after its picture's arrival. Single-threaded.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

namespace actionflow {

class ArrivalClock {
 public:
  // Of the next picture; never before the last one's.
  std::int64_t stamp(std::int64_t arrival_us);

 private:
  std::int64_t least_step_us(std::int64_t arrival_us);

  std::deque<std::int64_t> arrivals_us_;  // of the last seconds
  std::optional<std::int64_t> last_us_;   // stamp
};

}  // namespace actionflow
