#include "nodes/results/timing.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

namespace {

constexpr double kLeastNs = 1000;
constexpr double kGrowth = 1.01;
constexpr double kNsPerMs = 1e6;

}  // namespace

int DurationHistogram::bucket(std::int64_t ns) noexcept {
  if (static_cast<double>(ns) <= kLeastNs) return 0;
  const int index =
      static_cast<int>(std::ceil(std::log(static_cast<double>(ns) / kLeastNs) / std::log(kGrowth)));
  return std::min(index, kBuckets - 1);
}

void DurationHistogram::add(std::int64_t ns) noexcept {
  count_.fetch_add(1, std::memory_order_relaxed);
  total_ns_.fetch_add(ns, std::memory_order_relaxed);
  buckets_[static_cast<std::size_t>(bucket(ns))].fetch_add(1, std::memory_order_relaxed);
}

void DurationHistogram::reset() noexcept {
  count_ = 0;
  total_ns_ = 0;
  for (auto& bucket : buckets_) bucket = 0;
}

double DurationHistogram::total_ms() const noexcept {
  return static_cast<double>(total_ns_.load(std::memory_order_relaxed)) / kNsPerMs;
}

std::int64_t DurationHistogram::count_up_to(std::int64_t ns) const noexcept {
  std::int64_t seen = 0;
  const int last = bucket(ns);
  for (int index = 0; index <= last; ++index)
    seen += buckets_[static_cast<std::size_t>(index)].load(std::memory_order_relaxed);
  return seen;
}

double DurationHistogram::quantile_ms(double q) const noexcept {
  const std::int64_t all = count();
  if (all == 0) return 0;
  const auto rank =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(all))));
  std::int64_t seen = 0;
  int index = 0;
  for (; index < kBuckets - 1; ++index) {
    seen += buckets_[static_cast<std::size_t>(index)].load(std::memory_order_relaxed);
    if (seen >= rank) break;
  }
  return kLeastNs * std::pow(kGrowth, index) / kNsPerMs;
}

}  // namespace actionflow
