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
        channel_operators(), shape_operators(), recurrent_operators(), norm_operators(), product_operators(),
        joining_operators(), part_operators()})
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
  return *inputs[i].value;
}

const Scores* Use::scores(std::size_t i) const {
  return i < inputs.size() && inputs[i].value ? inputs[i].value->scores.get() : nullptr;
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

Value along_channels(const Use& use, const Value& value, std::size_t axis) {
  if (value.view.dims[axis] == whole_axis(kChannels, value.extents[kChannels]) &&
      !value.view.dims[axis].empty())
    return value;
  return use.network.arranged(value, with_channels(value.view, value.extents, axis), use.node);
}

bool can_hold_scale(const ModelLine& line) {
  const bool kind = line.layer == "conv2d" || line.layer == "conv3d" || line.layer == "dense" ||
                    line.layer == "batch_norm" ||
                    (line.layer == "layer_norm" && option(line, "groups").empty());
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

Value constant_value(const Use& use, const Array& constant, const Placement& placement) {
  AxisView view;
  for (const std::int64_t extent : constant.shape) view.dims.push_back(whole_axis(kChannels, extent));
  const AxisExtents extents = placed_extents(view, placement);
  Shape shape{1};
  std::vector<std::int64_t> steps{0};
  const std::vector<std::int64_t> all = steps_of(constant.shape);
  for (const std::vector<std::size_t>& dims : placement) {
    for (const std::size_t dim : dims) {
      shape.push_back(constant.shape[dim]);
      steps.push_back(all[dim]);
    }
  }
  if (element_count(shape) != constant.size() || constant.size() == 0)
    use.node.fail(fmt::format("its constant {} does not fit", to_string(constant.shape)));
  Tensor tensor({extents[kTime], extents[kHeight], extents[kWidth], extents[kChannels]});
  walk(shape, steps, 0, [&](std::int64_t i, std::int64_t at) { tensor[i] = constant.real(at); });
  ModelLine line = use.line("constant");
  line.name += "/constant";
  for (const auto& [axis, name] :
       {std::pair{kTime, "time"}, {kHeight, "height"}, {kWidth, "width"}, {kChannels, "channels"}}) {
    if (extents[axis] != 1) line.options.emplace_back(name, std::to_string(extents[axis]));
  }
  const Value input;
  const Value result = use.network.add(std::move(line), {&input}, extents, placed_view(view, placement));
  use.network.set_weight(result.layer, "value", std::move(tensor));
  return result;
}

Value constant_value(const Use& use, const Array& constant) {
  Placement placement;
  for (std::size_t i = 0; i < constant.shape.size(); ++i) placement[kTime].push_back(i);
  std::vector<std::size_t>& dims = placement[kTime];
  while (!dims.empty() && constant.shape[dims.back()] == 1) dims.pop_back();
  if (!dims.empty()) {
    placement[kChannels] = {dims.back()};
    dims.pop_back();
  }
  return constant_value(use, constant, placement);
}

Value any_value(const Use& use, std::size_t i) {
  return use.is_constant(i) ? constant_value(use, *use.inputs[i].constant) : use.value(i);
}

}  // namespace actionflow::onnx
