// Activations.
#include <fmt/format.h>

#include <limits>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

std::vector<Value> relu(const Use& use) { return {activated(use, use.value(0), "relu")}; }
std::vector<Value> sigmoid(const Use& use) { return {activated(use, use.value(0), "sigmoid")}; }
std::vector<Value> hyperbolic(const Use& use) { return {activated(use, use.value(0), "tanh")}; }
std::vector<Value> hard_swish(const Use& use) { return {activated(use, use.value(0), "hard_swish")}; }

Value hard_sigmoid_of(const Use& use, const Value& value, float slope) {
  ModelLine line = use.line("hard_sigmoid");
  line.options.emplace_back("slope", fmt::format("{}", slope));
  return use.network.add(std::move(line), value);
}

std::vector<Value> hard_sigmoid(const Use& use) {
  if (use.node.number("beta", 0.5F) != 0.5F) use.node.fail("its beta is not 0.5, which is not known here");
  const float slope = use.node.number("alpha", 0.2F);
  if (!(slope >= 0 && slope <= 1)) use.node.fail(fmt::format("its alpha is {}, expected 0 to 1", slope));
  return {hard_sigmoid_of(use, use.value(0), slope)};
}

float bound(const Use& use, std::size_t input, const char* attribute, float otherwise) {
  const Array* array = use.constant(input);
  if (array == nullptr) return use.node.number(attribute, otherwise);
  if (array->size() != 1) use.node.fail("its bound is not one number");
  return array->real(0);
}

// Between two bounds it is a hard sigmoid of slope 1, moved and scaled before and after.
std::vector<Value> clip(const Use& use) {
  constexpr float kMost = std::numeric_limits<float>::max();
  const float low = bound(use, 1, "min", -kMost), high = bound(use, 2, "max", kMost);
  if (low == 0 && high >= kMost) return {activated(use, use.value(0), "relu")};
  const float width = high - low;
  if (!(low > -kMost && high < kMost && width > 0))
    use.node.fail(fmt::format("clips to {} and {}, expected two bounds, or 0 and none", low, high));
  const Value moved =
      scale_and_shift(use, use.value(0), one_number(1 / width), one_number(-low / width - 0.5F));
  return {scale_and_shift(use, hard_sigmoid_of(use, moved, 1), one_number(width), one_number(low))};
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
  return {prelu_of(use, use.value(0), one_number(use.node.number("alpha", 0.01F)))};
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
  return use.network.add(use.line(activation), value);
}

Operators activation_operators() {
  return {{"Relu", relu},
          {"Sigmoid", sigmoid},
          {"Tanh", hyperbolic},
          {"HardSwish", hard_swish},
          {"HardSigmoid", hard_sigmoid},
          {"Clip", clip},
          {"LeakyRelu", leaky_relu},
          {"PRelu", prelu}};
}

}  // namespace actionflow::onnx
