#include "models/quantization/magnitudes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace actionflow {
namespace {

constexpr std::size_t kBins = 2048, kLeastBins = 128, kBinsAtOnce = 16;
constexpr double kPercentile = 0.9999;
constexpr int kLevelsOfU8 = 255, kLevelsOfS8 = 127;

using Counts = std::vector<std::int64_t>;

std::size_t by_percentile(const Counts& counts, std::int64_t zeros) {
  const std::int64_t all = std::accumulate(counts.begin(), counts.end(), zeros);
  std::int64_t within = zeros;
  for (std::size_t i = 0; i < kBins; ++i) {
    within += counts[i];
    if (static_cast<double>(within) >= kPercentile * static_cast<double>(all)) return i + 1;
  }
  return kBins;
}

// The first of those with the least cost(bins kept).
template <class Cost>
std::size_t cheapest(Cost cost) {
  std::size_t best = kBins;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t kept = kLeastBins; kept <= kBins; kept += kBinsAtOnce) {
    const double costs = cost(kept);
    if (costs >= least) continue;
    least = costs;
    best = kept;
  }
  return best;
}

// In squares of a bin's width.
double square_error(const Counts& counts, std::size_t kept, int levels) {
  const double limit = static_cast<double>(kept), step = limit / levels;
  double error = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    const double off = i < kept ? 0 : static_cast<double>(i) + 0.5 - limit;
    error += static_cast<double>(counts[i]) * (i < kept ? step * step / 12 : off * off);
  }
  return error;
}

// Of the distribution with all that is cut off in its last bin, from the same spread evenly over the occupied
// bins of each level.
double divergence(const Counts& counts, std::size_t kept, int levels) {
  std::vector<double> before(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(kept));
  const std::vector<double> inside = before;
  for (std::size_t i = kept; i < kBins; ++i) before.back() += static_cast<double>(counts[i]);
  const double all = std::accumulate(before.begin(), before.end(), 0.0);
  const double all_inside = std::accumulate(inside.begin(), inside.end(), 0.0);
  if (all_inside <= 0) return std::numeric_limits<double>::infinity();
  double result = 0;
  for (int level = 0; level < levels; ++level) {
    const auto edge = [&](int of) {
      return kept * static_cast<std::size_t>(of) / static_cast<std::size_t>(levels);
    };
    double sum = 0, occupied = 0;
    for (std::size_t i = edge(level); i < edge(level + 1); ++i) {
      sum += inside[i];
      occupied += before[i] > 0 ? 1 : 0;
    }
    if (occupied == 0) continue;
    const double after = std::max(sum / occupied, 1e-3) / all_inside;
    for (std::size_t i = edge(level); i < edge(level + 1); ++i)
      if (before[i] > 0) result += before[i] / all * std::log(before[i] / all / after);
  }
  return result;
}

// A power of two, so that the bins at the end are the same whatever came first.
float first_width(float magnitude) {
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  return std::max(std::ldexp(1.0F / static_cast<float>(kBins), exponent), std::numeric_limits<float>::min());
}

}  // namespace

void Magnitudes::add(std::span<const float> values) {
  if (counts_.empty()) counts_.assign(kBins, 0);
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
    count(std::abs(value));
  }
}

void Magnitudes::count(float magnitude) {
  if (magnitude == 0) {
    ++zeros_;
    return;
  }
  if (width_ == 0) width_ = first_width(magnitude);
  while (magnitude >= width_ * static_cast<float>(kBins)) {
    for (std::size_t i = 0; i < kBins / 2; ++i) counts_[i] = counts_[2 * i] + counts_[2 * i + 1];
    std::fill(counts_.begin() + kBins / 2, counts_.end(), 0);
    width_ *= 2;
  }
  ++counts_[std::min(static_cast<std::size_t>(magnitude / width_), kBins - 1)];
}

std::size_t Magnitudes::bins_kept(RangeMethod method, int levels) const {
  switch (method) {
    case RangeMethod::percentile:
      return by_percentile(counts_, zeros_);
    case RangeMethod::mse:
      return cheapest([&](std::size_t kept) { return square_error(counts_, kept, levels); });
    case RangeMethod::entropy:
      return cheapest([&](std::size_t kept) { return divergence(counts_, kept, levels); });
  }
  return kBins;
}

ValueRange Magnitudes::range(RangeMethod method) const {
  if (width_ == 0) return {};
  const int levels = least_ < 0 ? kLevelsOfS8 : kLevelsOfU8;
  const float limit = width_ * static_cast<float>(bins_kept(method, levels));
  return {std::max(least_, -limit), std::min(most_, limit)};
}

}  // namespace actionflow
