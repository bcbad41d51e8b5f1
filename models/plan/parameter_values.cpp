#include "models/plan/parameter_values.h"

#include <cmath>

#include "base/error.h"

namespace actionflow {
namespace {

const Tensor* find(const GraphNode& node, const std::string& role, const Weights& weights) {
  for (const Parameter& parameter : node.parameters) {
    if (parameter.role != role) continue;
    const auto found = weights.tensors.find(parameter.name);
    if (found == weights.tensors.end())
      throw ModelError("layer '" + node.name + "': the weights hold no '" + parameter.name + "'");
    if (found->second.size() != element_count(parameter.shape))
      throw ModelError("layer '" + node.name + "': '" + parameter.name + "' is " +
                       to_string(found->second.shape()) + ", expected " + to_string(parameter.shape));
    return &found->second;
  }
  return nullptr;
}

kernels::ScaleShift normalising(const GraphNode& node, const BatchNorm& norm, const Weights& weights) {
  const Tensor *gamma = find(node, "gamma", weights), *beta = find(node, "beta", weights);
  const Tensor *mean = find(node, "moving_mean", weights), *variance = find(node, "moving_variance", weights);
  kernels::ScaleShift result;
  for (std::int64_t c = 0; c < node.extents.c; ++c) {
    const double scale =
        (gamma ? (*gamma)[c] : 1.0) / std::sqrt(double{(*variance)[c]} + double{norm.epsilon});
    result.scale.push_back(static_cast<float>(scale));
    result.shift.push_back(static_cast<float>((beta ? (*beta)[c] : 0.0) - double{(*mean)[c]} * scale));
  }
  return result;
}

}  // namespace

std::vector<float> parameter_values(const GraphNode& node, const std::string& role, const Weights& weights) {
  const Tensor* tensor = find(node, role, weights);
  if (tensor == nullptr) return {};
  return {tensor->values().begin(), tensor->values().end()};
}

kernels::ScaleShift scale_shift(const GraphNode& node, const Weights& weights) {
  if (const auto* norm = std::get_if<BatchNorm>(&node.operation)) return normalising(node, *norm, weights);
  const Tensor& gamma = *find(node, "gamma", weights);
  kernels::ScaleShift result;
  for (std::int64_t c = 0; c < node.extents.c; ++c) result.scale.push_back(gamma[gamma.size() == 1 ? 0 : c]);
  result.shift.assign(result.scale.size(), 0.0F);
  return result;
}

}  // namespace actionflow
