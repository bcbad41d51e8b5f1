#include "models/formats/onnx/operators/operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/description/layers/registry.h"

namespace actionflow::onnx {
namespace {

Operators all_operators() {
  Operators all;
  for (const Operators& group :
       {sliding_operators(), elementwise_operators(), activation_operators(), reduction_operators(),
        channel_operators(), shape_operators(), recurrent_operators(), attention_operators()})
    all.insert(group.begin(), group.end());
  return all;
}

}  // namespace

Operator find_operator(const std::string& name) {
  static const Operators all = all_operators();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

const Value& Use::padded_value(std::size_t i) const {
  if (i >= inputs.size() || (!inputs[i].value && inputs[i].constant == nullptr))
    node.fail(fmt::format("its input {} is missing", i));
  if (!inputs[i].value) node.fail(fmt::format("its input {} is a constant, which is not known here", i));
  if (inputs[i].value->scores != nullptr)
    node.fail("reads a product of two computed values, which is known as a part of attention only");
  return *inputs[i].value;
}

const Value* Use::scores(std::size_t i) const {
  if (i >= inputs.size() || !inputs[i].value || inputs[i].value->scores == nullptr) return nullptr;
  return &*inputs[i].value;
}

const Value& Use::value(std::size_t i) const {
  const Value& value = padded_value(i);
  if (!value.padding.empty())
    node.fail("its input is padded; padding is known before a convolution or an average pooling only");
  return value;
}

const Array* Use::constant(std::size_t i) const {
  if (i >= inputs.size()) return nullptr;
  if (inputs[i].value) node.fail(fmt::format("its input {} is computed, expected a constant", i));
  return inputs[i].constant.get();
}

const Array& Use::required_constant(std::size_t i) const {
  const Array* array = constant(i);
  if (array == nullptr) node.fail(fmt::format("its input {} is missing", i));
  return *array;
}

std::size_t Use::axis(std::int64_t axis, std::size_t rank) const {
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) node.fail(fmt::format("names axis {} of {}", axis, rank));
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

std::vector<std::size_t> Use::axes(std::size_t input, std::size_t rank) const {
  std::vector<std::int64_t> named = node.integers("axes", {});
  if (const Array* array = constant(input)) named = array->integers;
  std::vector<std::size_t> result;
  for (const std::int64_t one : named) result.push_back(axis(one, rank));
  if (result.empty()) {
    result.resize(rank);
    std::iota(result.begin(), result.end(), std::size_t{0});
  }
  return result;
}

bool can_hold_scale(const ModelLine& line) {
  const bool kind =
      line.layer == "conv2d" || line.layer == "conv3d" || line.layer == "dense" || line.layer == "batch_norm";
  return kind && std::none_of(line.options.begin(), line.options.end(),
                              [](const auto& option) { return option.first == "activation"; });
}

Tensor one_number(float value) { return Tensor({1}, std::vector<float>{value}); }

ModelLine Use::line(std::string layer, const std::string& weight) const {
  if (find_layer_kind(layer) == nullptr)
    node.fail(fmt::format("needs a layer '{}', which model files do not have", layer));
  return {
      .layer = std::move(layer), .name = NetworkWriter::layer_name(node, weight), .options = {}, .from = {}};
}

}  // namespace actionflow::onnx
