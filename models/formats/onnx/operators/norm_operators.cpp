// Layer norm and GELU.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

// Equal parts of the channels that the last axis counts, one after another; nothing moves then.
std::optional<std::int64_t> parts_of_channels(const Value& value) {
  const Dim& last = value.view.dims.back();
  if (last.size() != 1 || last[0].axis != kChannels || last[0].stride != 1) return std::nullopt;
  return value.extents[kChannels] / last[0].extent;
}

std::vector<Value> layer_norm(const Use& use) {
  Value input = use.value(0);
  use.required_constant(1);
  const std::size_t rank = input.view.dims.size();
  if (use.axis(use.node.integer("axis", -1), rank) + 1 != rank)
    use.node.fail("normalises over several axes, which is not known here");
  const std::int64_t parts = parts_of_channels(input).value_or(1);
  if (parts == 1) input = along_channels(use, input, rank - 1);
  const std::int64_t channels = input.extents[kChannels] / parts;
  ModelLine line = use.line("layer_norm", use.node.inputs[1]);
  const float epsilon = use.node.number("epsilon", 1e-5F);
  line.options.emplace_back("epsilon", fmt::format("{}", std::max(epsilon, 1e-12F)));
  if (parts > 1) line.options.emplace_back("groups", std::to_string(parts));
  const Value result = use.network.add(std::move(line), input);
  const Array& gamma = use.required_constant(1);
  const Array* beta = use.constant(2);
  if (gamma.size() != channels || (beta != nullptr && beta->size() != channels))
    use.node.fail(fmt::format("its weights {} do not fit {} channels", to_string(gamma.shape), channels));
  use.network.set_weight(result.layer, "gamma", to_tensor(gamma, {channels}));
  use.network.set_weight(result.layer, "beta",
                         beta == nullptr ? Tensor({channels}) : to_tensor(*beta, {channels}));
  return {result};
}

std::vector<Value> gelu(const Use& use) {
  const std::string approximation = use.node.text("approximate", "none");
  return {activated(use, use.value(0), approximation == "tanh" ? "gelu_tanh" : "gelu")};
}

}  // namespace

Operators norm_operators() { return {{"LayerNormalization", layer_norm}, {"Gelu", gelu}}; }

}  // namespace actionflow::onnx
