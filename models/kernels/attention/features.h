// Decomposed biases as further features of queries and keys: a query's are its products with the vectors of
// each sample, row and column that keys stand in, a key's are ones where it stands. So the bias comes with
// the product of the two.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow::kernels {

class BiasFeatures {
 public:
  // `vectors`: of time, height and width, rows of `channels` (a head's). None where the operation has none.
  BiasFeatures(const Attention& operation, std::int64_t channels,
               const std::array<std::vector<float>, 3>& vectors);

  std::int64_t count() const { return count_; }
  std::size_t bytes() const;
  // Of queries first to first + rows of a clip, which lie `stride` apart as `channels` floats: `count()`
  // floats each, `out_stride` apart.
  void of_queries(const float* queries, std::int64_t stride, std::int64_t first, std::int64_t rows,
                  float* out, std::int64_t out_stride) const;
  // Which features of key j are 1: one an axis; none (false) for a class token.
  bool of_key(std::int64_t j, std::array<std::int64_t, 3>& ones) const;

 private:
  struct AxisVectors {
    std::int64_t first = 0;  // its first feature
    std::int64_t panels = 0;
    std::vector<std::vector<float>> weights;  // by the query's coordinate: panels of channels × 16
  };

  // Queries from `row` on, at most `most`, that have the same coordinate along the axis.
  std::int64_t alike(std::size_t axis, std::int64_t row, std::int64_t most) const;
  int coordinate(std::size_t axis, std::int64_t position) const;

  Axes query_map_, key_map_;
  std::int64_t channels_, count_ = 0, class_tokens_;
  std::array<AxisVectors, 3> axes_;
};

}  // namespace actionflow::kernels
