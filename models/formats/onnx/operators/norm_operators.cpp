// Layer norm and GELU.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/formats/onnx/graph/own_attributes.h"
#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

// Equal parts of the channels that an axis counts, one after another; nothing moves then.
std::optional<std::int64_t> parts_of_channels(const Value& value, std::size_t axis) {
  const Dim& dim = value.view.dims[axis];
  if (dim.size() != 1 || dim[0].axis != kChannels || dim[0].stride != 1) return std::nullopt;
  return value.extents[kChannels] / dim[0].extent;
}

// The one axis that is normalised over; those behind it are 1.
std::size_t normalised_axis(const Use& use, const Value& value) {
  const Shape shape = value.view.shape();
  const std::size_t axis = use.axis(use.node.integer("axis", -1), shape.size());
  const bool one = std::all_of(shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end(),
                               [](std::int64_t extent) { return extent == 1; });
  if (!one || (use.node.find(kOverFirst) != nullptr && shape[0] != 1))
    use.node.fail("normalises over several axes, which is not known here");
  return axis;
}

// A number a channel; all the same where the node does not say.
Tensor norm_weight(const Use& use, std::size_t input, std::int64_t channels, float otherwise) {
  Tensor result({channels});
  std::fill_n(result.data(), channels, otherwise);
  const Array* given = use.constant(input);
  if (given == nullptr) return result;
  if (given->size() != channels)
    use.node.fail(fmt::format("its weights {} do not fit {} channels", to_string(given->shape), channels));
  return to_tensor(*given, {channels});
}

std::vector<Value> layer_norm(const Use& use) {
  Value input = use.value(0);
  const std::size_t axis = normalised_axis(use, input);
  const std::int64_t parts = parts_of_channels(input, axis).value_or(1);
  if (parts == 1) input = along_channels(use, input, axis);
  const std::int64_t channels = input.extents[kChannels] / parts;
  ModelLine line = use.line("layer_norm", use.node.has_input(1) ? use.node.inputs[1] : std::string{});
  const float epsilon = use.node.number("epsilon", 1e-5F);
  line.options.emplace_back("epsilon", fmt::format("{}", std::max(epsilon, 1e-12F)));
  if (parts > 1) line.options.emplace_back("groups", std::to_string(parts));
  Tensor gamma = norm_weight(use, 1, channels, 1), beta = norm_weight(use, 2, channels, 0);
  const Value result = use.network.add(std::move(line), input);
  use.network.set_weight(result.layer, "gamma", std::move(gamma));
  use.network.set_weight(result.layer, "beta", std::move(beta));
  return {result};
}

std::vector<Value> gelu(const Use& use) {
  const std::string approximation = use.node.text("approximate", "none");
  return {activated(use, use.value(0), approximation == "tanh" ? "gelu_tanh" : "gelu")};
}

}  // namespace

Operators norm_operators() { return {{"LayerNormalization", layer_norm}, {"Gelu", gelu}}; }

}  // namespace actionflow::onnx
