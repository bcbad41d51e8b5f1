// How often which magnitudes occur among a value's elements, and where to cut them off for 8 bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/weights/quantization.h"

namespace actionflow {

// percentile: 99.99 % of the elements are within. mse: the least mean square error of rounding and cutting
// off. entropy: the distribution in 8 bits differs least from the one before, by Kullback and Leibler.
enum class RangeMethod { entropy, percentile, mse };

// Its size is fixed; it grows coarser as greater magnitudes come. What was added in which order changes
// nothing.
class Magnitudes {
 public:
  void add(std::span<const float> values);

  // Holds 0. Of finite values; others are passed over.
  ValueRange range(RangeMethod method) const;

 private:
  void count(float magnitude);
  // In bins: what lies beyond is cut off.
  std::size_t bins_kept(RangeMethod method, int levels) const;

  std::vector<std::int64_t> counts_;
  float width_ = 0;  // of a bin; 0 as long as all were 0
  float least_ = 0, most_ = 0;
  std::int64_t zeros_ = 0;
};

}  // namespace actionflow
