#include "base/machine/backoff.h"

#include <algorithm>
#include <random>

namespace actionflow {

Backoff::Backoff() {
  std::random_device device;
  random_ = (std::uint64_t{device()} << 32) | device() | 1;
}

std::chrono::milliseconds Backoff::next() {
  constexpr int kDoublings = 6;  // 0.5 s · 2⁶ = 32 s
  const std::chrono::milliseconds whole = std::min(kLongest, kFirst * (1 << std::min(attempt_, kDoublings)));
  ++attempt_;
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto quarter = static_cast<std::uint64_t>(whole.count() / 4);
  const std::chrono::milliseconds shortened = whole - std::chrono::milliseconds(random_ % (quarter + 1));
  there_ns_.reset();
  return std::max(kFirst, shortened);
}

void Backoff::note_there(std::int64_t now_ns) {
  if (!there_ns_) there_ns_ = now_ns;
  if (now_ns - *there_ns_ >= std::chrono::nanoseconds(kHeld).count()) reset();
}

}  // namespace actionflow
