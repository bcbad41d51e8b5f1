// Who sees whom in attention: windows of positions, what coming around an end takes apart, and distances.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow::kernels {

// Immutable. Rows are positions of one clip in memory's order.
class AttentionWindows {
 public:
  AttentionWindows(const Attention& operation, const Extents& query, const Extents& key);

  std::int64_t count() const { return count_; }      // windows of a clip
  std::int64_t queries() const { return queries_; }  // positions in each
  std::int64_t keys() const { return keys_; }
  std::int64_t query_row(std::int64_t window, std::int64_t i) const {
    return whole_ ? i : rows_[static_cast<std::size_t>(window * queries_ + i)];
  }
  std::int64_t key_row(std::int64_t window, std::int64_t j) const {
    return whole_ ? j : rows_[static_cast<std::size_t>(window * keys_ + j)];
  }

  // Windows in which the same positions see each other are of one pattern.
  std::size_t patterns() const { return regions_.size(); }
  const std::vector<std::int64_t>& windows_of(std::size_t pattern) const { return windows_of_[pattern]; }
  bool all_see(std::size_t pattern) const { return regions_[pattern].empty(); }
  bool sees(std::size_t pattern, std::int64_t i, std::int64_t j) const {
    const std::vector<int>& region = regions_[pattern];
    return region.empty() || region[static_cast<std::size_t>(i)] == region[static_cast<std::size_t>(j)];
  }

  // Of Attention::Bias::table: the row of the table for query i and key j of a window.
  std::int64_t table_row(std::int64_t i, std::int64_t j) const {
    return middle_ + places_[static_cast<std::size_t>(i)] - places_[static_cast<std::size_t>(j)];
  }

 private:
  void lay_windows(const Attention& operation, const Axes& all, const Axes& window);
  std::size_t pattern_of(const std::vector<int>& regions);
  void place_in_table(const Axes& window, const Axes& table);

  bool whole_;
  std::int64_t count_ = 1, queries_ = 0, keys_ = 0;
  std::vector<std::int64_t> rows_;
  std::vector<std::vector<int>> regions_;  // by pattern, then by position; empty: all see each other
  std::vector<std::vector<std::int64_t>> windows_of_;
  // Of a table: a position's coordinates in its window counted in rows of the table, and the row of distance
  // 0.
  std::vector<std::int64_t> places_;
  std::int64_t middle_ = 0;
};

// What products of queries and keys are multiplied by.
float score_scale(const Attention& operation, std::int64_t channels_of_head);

}  // namespace actionflow::kernels
