#include "models/kernels/integers/integer_kernel.h"

#include <algorithm>
#include <cmath>

namespace actionflow::kernels {

IntegerKernel integer_kernel(const ConvolutionProblem& problem) {
  constexpr float kMost = 127;
  const std::size_t outputs = problem.bias.size(), row = problem.kernel.size() / outputs;
  IntegerKernel result;
  result.values.reserve(problem.kernel.size());
  for (std::size_t o = 0; o < outputs; ++o) {
    const float* weights = &problem.kernel[o * row];
    float greatest = 0;
    for (std::size_t i = 0; i < row; ++i) greatest = std::max(greatest, std::abs(weights[i]));
    const float scale = greatest > 0 ? greatest / kMost : 1;
    for (std::size_t i = 0; i < row; ++i)
      result.values.push_back(
          static_cast<std::int8_t>(std::clamp(std::nearbyint(weights[i] / scale), -kMost, kMost)));
    result.scales.push_back(scale * problem.in.scale);
  }
  return result;
}

}  // namespace actionflow::kernels
