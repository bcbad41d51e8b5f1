#include "models/formats/names/inflation.h"

#include <algorithm>

namespace actionflow {
namespace {

constexpr std::size_t kTimeAxis = 2, kKernelAxes = 5;

}  // namespace

Tensor inflated(const Tensor& kernel, std::int64_t steps, Inflation inflation) {
  const std::int64_t outputs = kernel.dim(0), inputs = kernel.dim(1);
  const int last = static_cast<int>(kernel.shape().size()) - 1;
  const std::int64_t height = kernel.dim(last - 1), width = kernel.dim(last), picture = height * width;
  Tensor whole({outputs, inputs, steps, height, width});
  const std::int64_t middle = (steps - 1) / 2;
  for (std::int64_t i = 0; i < outputs * inputs; ++i) {
    const float* const from = kernel.data() + i * picture;
    for (std::int64_t step = 0; step < steps; ++step) {
      float* const to = whole.data() + (i * steps + step) * picture;
      if (inflation == Inflation::repeated) {
        std::transform(from, from + picture, to,
                       [&](float value) { return value / static_cast<float>(steps); });
      } else if (step == middle) {
        std::copy_n(from, picture, to);
      }
    }
  }
  return whole;
}

bool lacks_time(const Shape& flat, const Shape& whole) {
  if (whole.size() != kKernelAxes || whole[kTimeAxis] == 1) return false;
  Shape without = whole, still = whole;
  without.erase(without.begin() + kTimeAxis);
  still[kTimeAxis] = 1;
  return flat == without || flat == still;
}

}  // namespace actionflow
