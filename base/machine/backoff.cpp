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
  const std::chrono::milliseconds wait = std::max(kFirst, shortened);
  waited_ = wait;
  there_ns_.reset();
  return wait;
}

void Backoff::note_there(std::int64_t now_ns) {
  if (!there_ns_) there_ns_ = now_ns;
  if (now_ns - *there_ns_ >= std::max<std::chrono::nanoseconds>(kHeld, waited_).count()) reset();
}

}  // namespace actionflow
