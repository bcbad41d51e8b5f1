#include "pipeline/run/lease.h"

#include <algorithm>

namespace actionflow {

void Lease::begin(std::int64_t since_ns) {
  const std::lock_guard lock(mutex_);
  over_ = false;
  end_ns_ = since_ns + length_ns_;
}

bool Lease::renew(std::int64_t since_ns) {
  const std::lock_guard lock(mutex_);
  if (!holds_now()) return false;
  end_ns_ = std::max(end_ns_, since_ns + length_ns_);
  return true;
}

bool Lease::holds() const {
  const std::lock_guard lock(mutex_);
  return holds_now();
}

bool Lease::holds_now() const {
  over_ = over_ || clock_.steady_ns() >= end_ns_;
  return !over_;
}

}  // namespace actionflow
