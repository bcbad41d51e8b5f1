// What moves values without computing: most of it changes the view alone.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

constexpr std::size_t kMostAxes = 16;

std::vector<Value> same_value(const Use& use) { return {use.padded_value(0)}; }

Value viewed(Value value, AxisView view) {
  value.view = std::move(view);
  return value;
}

std::vector<Value> transpose(const Use& use) {
  Value value = use.padded_value(0);
  const std::size_t rank = value.view.dims.size();
  std::vector<std::int64_t> order(rank);
  std::iota(order.rbegin(), order.rend(), 0);
  order = use.node.integers("perm", order);
  std::vector<std::int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::int64_t> all(rank);
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all) {
    use.node.fail(fmt::format("its perm [{}] does not name {} axes once each", fmt::join(order, ", "), rank));
  }
  if (!value.padding.empty()) {
    const auto padding = value.padding;
    for (std::size_t i = 0; i < rank; ++i) value.padding[i] = padding[static_cast<std::size_t>(order[i])];
  }
  return {viewed(value, transposed(value.view, order))};
}

// In the order in which ONNX counts, along one axis.
Value in_onnx_order(const Use& use, const Value& value) {
  Placement placement;
  placement[kChannels].resize(value.view.dims.size());
  std::iota(placement[kChannels].begin(), placement[kChannels].end(), std::size_t{0});
  return use.network.arranged(value, placement, use.node);
}

std::vector<Value> reshape(const Use& use) {
  const Value& value = use.value(0);
  const Shape from = value.view.shape();
  Shape to = use.required_constant(1).integers;
  const bool zero_is_zero = use.node.integer("allowzero", 0) != 0;
  const std::int64_t size = element_count(from);
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == 0 && !zero_is_zero && i < from.size()) to[i] = from[i];
    if (to[i] == -1 && open == nullptr) {
      open = &to[i];
    } else if (to[i] < 1 || __builtin_mul_overflow(known, to[i], &known)) {
      use.node.fail(fmt::format("reshapes {} to [{}]", to_string(from), fmt::join(to, ", ")));
    }
  }
  if (size % known != 0 || (open == nullptr && known != size))
    use.node.fail(fmt::format("reshapes {} to [{}]", to_string(from), fmt::join(to, ", ")));
  if (open != nullptr) *open = size / known;
  return {to_shape(use, value, to)};
}

std::vector<Value> flatten_axes(const Use& use) {
  const Value& value = use.value(0);
  const Shape from = value.view.shape();
  const std::int64_t named = use.node.integer("axis", 1);
  const std::size_t axis =
      named == static_cast<std::int64_t>(from.size()) ? from.size() : use.axis(named, from.size());
  Shape to{1, 1};
  for (std::size_t i = 0; i < from.size(); ++i) to[i < axis ? 0 : 1] *= from[i];
  return {to_shape(use, value, to)};
}

std::vector<Value> squeeze(const Use& use) {
  const Value& value = use.value(0);
  const bool named = use.constant(1) != nullptr || use.node.find("axes") != nullptr;
  const std::vector<std::size_t> axes = use.axes(1, value.view.dims.size());
  AxisView view;
  for (std::size_t i = 0; i < value.view.dims.size(); ++i) {
    const bool out = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (out && named && !value.view.dims[i].empty())
      use.node.fail(fmt::format("leaves out axis {} of {}", i, to_string(value.view.shape())));
    if (!out || !value.view.dims[i].empty()) view.dims.push_back(value.view.dims[i]);
  }
  return {viewed(value, view)};
}

std::vector<Value> unsqueeze(const Use& use) {
  Value value = use.padded_value(0);
  const std::vector<std::int64_t> named =
      use.constant(1) != nullptr ? use.constant(1)->integers : use.node.integers("axes", {});
  const std::size_t rank = value.view.dims.size() + named.size();
  if (rank > kMostAxes) use.node.fail(fmt::format("makes {} axes", rank));
  std::vector<bool> fresh(rank, false);
  for (const std::int64_t axis : named) {
    if (fresh[use.axis(axis, rank)]) use.node.fail(fmt::format("names axis {} twice", axis));
    fresh[use.axis(axis, rank)] = true;
  }
  AxisView view;
  auto next = value.view.dims.begin();
  for (std::size_t i = 0; i < rank; ++i) {
    if (fresh[i] && !value.padding.empty())
      value.padding.insert(value.padding.begin() + static_cast<std::ptrdiff_t>(i), {0, 0});
    view.dims.push_back(fresh[i] ? Dim{} : *next++);
  }
  return {viewed(value, view)};
}

std::vector<Value> expand(const Use& use) {
  const Value& value = use.value(0);
  Shape shape;
  if (!broadcast(value.view.shape(), use.required_constant(1).integers, shape) || shape.size() > kMostAxes)
    use.node.fail(fmt::format("repeats {} as [{}]", to_string(value.view.shape()),
                              fmt::join(use.required_constant(1).integers, ", ")));
  return {repeated(use, value, shape)};
}

std::vector<Value> tile(const Use& use) {
  const Value& value = use.value(0);
  Shape shape = value.view.shape();
  const std::vector<std::int64_t>& times = use.required_constant(1).integers;
  if (times.size() != shape.size())
    use.node.fail(fmt::format("repeats {} axes of {}", times.size(), shape.size()));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (times[i] != 1 && shape[i] != 1)
      use.node.fail("repeats an axis of more than one step, which is not known here");
    if (times[i] < 1) use.node.fail(fmt::format("repeats an axis {} times", times[i]));
    shape[i] *= times[i];
  }
  return {repeated(use, value, shape)};
}

}  // namespace

Value to_shape(const Use& use, const Value& value, const Shape& shape) {
  if (shape.size() > kMostAxes) use.node.fail(fmt::format("makes {} axes", shape.size()));
  if (element_count(shape) != element_count(value.view.shape()))
    use.node.fail(fmt::format("counts {} as {}", to_string(value.view.shape()), to_string(shape)));
  if (const auto view = reshaped(value.view, shape)) return viewed(value, *view);
  const Value plain = in_onnx_order(use, value);
  return viewed(plain, reshaped(plain.view, shape).value());
}

Operators shape_operators() {
  return {{"Identity", same_value}, {"Dropout", same_value},
          {"Cast", same_value},     {"Transpose", transpose},
          {"Reshape", reshape},     {"Flatten", flatten_axes},
          {"Squeeze", squeeze},     {"Unsqueeze", unsqueeze},
          {"Expand", expand},       {"Tile", tile}};
}

}  // namespace actionflow::onnx
