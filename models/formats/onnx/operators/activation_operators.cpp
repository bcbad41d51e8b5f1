// Activations.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

// One that has no parameters, by our name.
template <const char* name>
std::vector<Value> plain(const Use& use) {
  return {activated(use, use.value(0), name)};
}

constexpr char kRelu[] = "relu", kSigmoid[] = "sigmoid", kTanh[] = "tanh", kSoftplus[] = "softplus",
               kSoftsign[] = "softsign", kExponential[] = "exponential", kHardSwish[] = "hard_swish",
               kMish[] = "mish";

// A layer of its own, with parameters.
std::vector<Value> with_parameters(const Use& use, const std::string& layer,
                                   const std::vector<std::pair<const char*, float>>& parameters) {
  ModelLine line = use.line(layer);
  for (const auto& [name, value] : parameters) line.options.emplace_back(name, fmt::format("{}", value));
  return {use.network.add(std::move(line), use.value(0))};
}

float not_negative(const Use& use, const char* attribute, float otherwise) {
  const float value = use.node.number(attribute, otherwise);
  if (!(value >= 0)) use.node.fail(fmt::format("its {} is {}, expected 0 or more", attribute, value));
  return value;
}

std::vector<Value> hard_sigmoid(const Use& use) {
  if (use.node.number("beta", 0.5F) != 0.5F) use.node.fail("its beta is not 0.5, which is not known here");
  const float slope = use.node.number("alpha", 0.2F);
  if (!(slope >= 0 && slope <= 1)) use.node.fail(fmt::format("its alpha is {}, expected 0 to 1", slope));
  return with_parameters(use, "hard_sigmoid", {{"slope", slope}});
}

float bound(const Use& use, std::size_t input, const char* attribute, float otherwise) {
  const Array* array = use.constant(input);
  if (array == nullptr) return use.node.number(attribute, otherwise);
  if (array->size() != 1) use.node.fail("its bound is not one number");
  return array->real(0);
}

std::vector<Value> clip(const Use& use) {
  constexpr float kMost = 3.4e38F;  // no bound
  const float low = std::max(bound(use, 1, "min", -kMost), -kMost);
  const float high = std::min(bound(use, 2, "max", kMost), kMost);
  if (!(low <= high)) use.node.fail(fmt::format("clips to {} and {}, the first above the second", low, high));
  if (low == 0 && high == kMost) return plain<kRelu>(use);
  if (low == 0 && high == 6) return {activated(use, use.value(0), "relu6")};
  return with_parameters(use, "clip", {{"low", low}, {"high", high}});
}

Value prelu_of(const Use& use, const Value& value, Tensor alpha, const std::string& weight = {}) {
  ModelLine line = use.line("prelu", weight);
  if (alpha.size() == 1) line.options.emplace_back("shared", "true");
  Value result = use.network.add(std::move(line), value);
  const std::int64_t count = alpha.size();
  use.network.set_weight(result.layer, "alpha", std::move(alpha).reshaped({count}));
  return result;
}

std::vector<Value> leaky_relu(const Use& use) {
  return with_parameters(use, "leaky_relu", {{"slope", not_negative(use, "alpha", 0.01F)}});
}

std::vector<Value> thresholded_relu(const Use& use) {
  return with_parameters(use, "leaky_relu", {{"slope", 0.0F}, {"threshold", not_negative(use, "alpha", 1)}});
}

std::vector<Value> elu(const Use& use) {
  const float alpha = not_negative(use, "alpha", 1);
  if (alpha == 1) return {activated(use, use.value(0), "elu")};
  return with_parameters(use, "elu", {{"alpha", alpha}});
}

std::vector<Value> celu(const Use& use) {
  if (use.node.number("alpha", 1) != 1) use.node.fail("its alpha is not 1, which is not known here");
  return {activated(use, use.value(0), "elu")};
}

std::vector<Value> selu(const Use& use) {
  const auto differs = [&](const char* attribute, float usual) {
    return std::abs(use.node.number(attribute, usual) - usual) > 1e-5F;
  };
  if (differs("alpha", 1.67326319F) || differs("gamma", 1.05070102F))
    use.node.fail("its alpha and gamma are not the usual ones, which is not known here");
  return {activated(use, use.value(0), "selu")};
}

std::vector<Value> prelu(const Use& use) {
  auto spread_alpha = spread(use.required_constant(1), use.value(0));
  if (!spread_alpha) use.node.fail("its slopes do not fit its input");
  Tensor alpha = *std::move(spread_alpha);
  if (alpha.dim(0) != alpha.size()) use.node.fail("has a slope a position, expected one a channel, or one");
  return {prelu_of(use, use.value(0), std::move(alpha), use.node.inputs[1])};
}

}  // namespace

Value activated(const Use& use, const Value& value, const std::string& activation) {
  ModelLine* line = use.network.own_line(value);
  if (line != nullptr && line->layer != "batch_norm" && line->layer != "layer_norm" &&
      can_hold_scale(*line)) {
    line->options.emplace_back("activation", activation);
    return value;
  }
  return use.network.add(use.line(activation == "relu6" ? "clip" : activation), value);
}

Operators activation_operators() {
  return {{"Relu", plain<kRelu>},
          {"Sigmoid", plain<kSigmoid>},
          {"Tanh", plain<kTanh>},
          {"Softplus", plain<kSoftplus>},
          {"Softsign", plain<kSoftsign>},
          {"Exp", plain<kExponential>},
          {"HardSwish", plain<kHardSwish>},
          {"Mish", plain<kMish>},
          {"Elu", elu},
          {"Celu", celu},
          {"Selu", selu},
          {"ThresholdedRelu", thresholded_relu},
          {"HardSigmoid", hard_sigmoid},
          {"Clip", clip},
          {"LeakyRelu", leaky_relu},
          {"PRelu", prelu}};
}

}  // namespace actionflow::onnx
