#include "models/inspection/weight_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actionflow {
namespace {

template <class Visit>
void each_number(const std::vector<const Tensor*>& tensors, Visit visit) {
  for (const Tensor* tensor : tensors)
    for (const float value : tensor->values())
      if (std::isfinite(value)) visit(value);
}

// A uniform distribution's kurtosis is 9/5, a normal one's 3; trained weights lie above.
double kurtosis(const Tensor& tensor) {
  double mean = 0, second = 0, fourth = 0;
  for (const float value : tensor.values()) mean += value;
  mean /= static_cast<double>(tensor.size());
  for (const float value : tensor.values()) {
    const double square = (value - mean) * (value - mean);
    second += square;
    fourth += square * square;
  }
  return second == 0 ? 0 : fourth * static_cast<double>(tensor.size()) / (second * second);
}

bool is_uniform(const Tensor& tensor) {
  constexpr std::int64_t kEnough = 1000;
  constexpr double kUniform = 1.8;
  return tensor.size() >= kEnough && std::abs(kurtosis(tensor) - kUniform) < 0.05;
}

}  // namespace

WeightHistogram histogram_of(const std::vector<const Tensor*>& tensors) {
  WeightHistogram result;
  double sum = 0, squares = 0;
  std::int64_t all = 0;
  for (const Tensor* tensor : tensors) all += tensor->size();
  each_number(tensors, [&](float value) {
    result.least = result.count == 0 ? value : std::min(result.least, value);
    result.greatest = result.count == 0 ? value : std::max(result.greatest, value);
    sum += value;
    squares += double{value} * value;
    ++result.count;
  });
  result.not_numbers = all - result.count;
  if (result.count == 0) return result;
  const auto count = static_cast<double>(result.count);
  result.mean = sum / count;
  result.deviation = std::sqrt(std::max(0.0, squares / count - result.mean * result.mean));
  const double width = (double{result.greatest} - result.least) / WeightHistogram::kBins;
  each_number(tensors, [&](float value) {
    const double at = width == 0 ? 0 : (double{value} - result.least) / width;
    ++result.bins[std::min(static_cast<std::size_t>(at), WeightHistogram::kBins - 1)];
  });
  return result;
}

std::string suspicion(const Parameter& parameter, const Tensor& values) {
  if (values.size() < 2) return {};
  const float first = values[0];
  const auto all = values.values();
  if (std::all_of(all.begin(), all.end(), [&](float value) { return value == first; }))
    return fmt::format("{}: all are {:g}", parameter.role, first);
  if (parameter.initializer == Initializer::glorot_uniform && is_uniform(values))
    return fmt::format("{}: spread evenly, as initialised", parameter.role);
  return {};
}

}  // namespace actionflow
