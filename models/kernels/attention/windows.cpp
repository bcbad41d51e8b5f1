#include "models/kernels/attention/windows.h"

#include <algorithm>
#include <cmath>

namespace actionflow::kernels {
namespace {

Axes coordinates(std::int64_t position, const Axes& extents) {
  return {static_cast<int>(position / (std::int64_t{1} * extents[1] * extents[2])),
          static_cast<int>(position / extents[2] % extents[1]), static_cast<int>(position % extents[2])};
}

std::int64_t product(const Axes& axes) { return std::int64_t{1} * axes[0] * axes[1] * axes[2]; }

Axes axes_of(const Extents& e) {
  return {static_cast<int>(e.t), static_cast<int>(e.h), static_cast<int>(e.w)};
}

}  // namespace

AttentionWindows::AttentionWindows(const Attention& operation, const Extents& query, const Extents& key)
    : whole_(operation.window == Axes{0, 0, 0}) {
  const Axes all = axes_of(query);
  Axes window{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    window[axis] = operation.window[axis] == 0 ? all[axis] : operation.window[axis];
  if (whole_) {
    queries_ = query.positions();
    keys_ = key.positions();
    regions_.emplace_back();
    windows_of_.push_back({0});
  } else {
    lay_windows(operation, all, window);
  }
  if (operation.bias == Attention::Bias::table)
    place_in_table(whole_ ? operation.query_map : window, operation.table);
}

void AttentionWindows::lay_windows(const Attention& operation, const Axes& all, const Axes& window) {
  Axes windows{};
  for (std::size_t axis = 0; axis < 3; ++axis) windows[axis] = all[axis] / window[axis];
  count_ = product(windows);
  queries_ = keys_ = product(window);
  for (std::int64_t i = 0; i < count_; ++i) {
    const Axes first = coordinates(i, windows);
    std::vector<int> regions;
    for (std::int64_t position = 0; position < queries_; ++position) {
      const Axes inside = coordinates(position, window);
      std::int64_t row = 0;
      int region = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const int shifted = first[axis] * window[axis] + inside[axis] + operation.shift[axis];
        const bool around = shifted >= all[axis];
        row = row * all[axis] + (around ? shifted - all[axis] : shifted);
        region = 2 * region + static_cast<int>(around);
      }
      rows_.push_back(row);
      regions.push_back(region);
    }
    windows_of_[pattern_of(regions)].push_back(i);
  }
}

std::size_t AttentionWindows::pattern_of(const std::vector<int>& regions) {
  const bool one = std::count(regions.begin(), regions.end(), regions.front()) ==
                   static_cast<std::ptrdiff_t>(regions.size());
  const std::vector<int> own = one ? std::vector<int>() : regions;
  const auto found = std::find(regions_.begin(), regions_.end(), own);
  if (found != regions_.end()) return static_cast<std::size_t>(found - regions_.begin());
  regions_.push_back(own);
  windows_of_.emplace_back();
  return regions_.size() - 1;
}

void AttentionWindows::place_in_table(const Axes& window, const Axes& table) {
  const std::int64_t width = 2 * table[2] - 1, plane = width * (2 * table[1] - 1);
  for (std::int64_t position = 0; position < queries_; ++position) {
    const Axes at = coordinates(position, window);
    places_.push_back(at[0] * plane + at[1] * width + at[2]);
  }
  middle_ = (table[0] - 1) * plane + (table[1] - 1) * width + table[2] - 1;
}

float score_scale(const Attention& operation, std::int64_t channels_of_head) {
  if (operation.scale != 0) return operation.scale;
  return static_cast<float>(1 / std::sqrt(static_cast<double>(channels_of_head)));
}

}  // namespace actionflow::kernels
