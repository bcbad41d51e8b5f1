// The leave to watch cameras, for a time: it runs out by itself where nobody renews it, and all that reads
// cameras stops then, whatever else hangs.
//
// Once it has run out it stays so until it is begun anew: whoever saw that it was over has let go for good.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/machine/clock.h"

namespace actionflow {

class Lease {
 public:
  // After its last renewal it holds for `seconds`.
  explicit Lease(double seconds, const Clock& clock = Clock::system())
      : length_ns_(static_cast<std::int64_t>(seconds * 1e9)), clock_(clock) {}

  // From `since_ns` of the clock's steady time on, which may lie in the past.
  void begin(std::int64_t since_ns);
  // False, with nothing done, where it has run out.
  bool renew(std::int64_t since_ns);
  bool holds() const;

 private:
  bool holds_now() const;

  const std::int64_t length_ns_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable bool over_ = true;  // guarded by mutex_, as is
  std::int64_t end_ns_ = 0;
};

}  // namespace actionflow
