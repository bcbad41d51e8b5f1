// How a layer's weights are spread, and whether they look as if nothing had been loaded into them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/graph.h"

namespace actionflow {

struct WeightHistogram {
  static constexpr std::size_t kBins = 32;
  std::array<std::int64_t, kBins> bins{};  // equal parts from least to greatest
  float least = 0, greatest = 0;
  double mean = 0, deviation = 0;
  std::int64_t count = 0;
  std::int64_t not_numbers = 0;  // NaN or infinite: counted here alone
};

WeightHistogram histogram_of(const std::vector<const Tensor*>& tensors);

// What the values look like where they are not what training leaves: "all are 0", "as they were initialised".
// Empty where nothing speaks for that. `parameter` says how it begins.
std::string suspicion(const Parameter& parameter, const Tensor& values);

}  // namespace actionflow
