// Means and largest values over axes.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

bool contains(const std::vector<std::size_t>& axes, std::size_t axis) {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}

struct Reach {
  bool time = false, space = false;
};

// What is reduced of ours, where it is all of time, all of space or both, and nothing else.
std::optional<Reach> whole_reach(const Value& value, const std::vector<std::size_t>& axes) {
  AxisExtents covered{1, 1, 1, 1};
  for (const std::size_t axis : axes) {
    for (const Piece& piece : value.view.dims[axis])
      covered[static_cast<std::size_t>(piece.axis)] *= piece.extent;
  }
  const auto whole = [&](Axis axis) { return covered[axis] == value.extents[axis]; };
  const bool none_in_space = covered[kHeight] == 1 && covered[kWidth] == 1;
  const bool space = whole(kHeight) && whole(kWidth);
  if (covered[kChannels] != 1 || (covered[kTime] != 1 && !whole(kTime)) || (!none_in_space && !space))
    return std::nullopt;
  return Reach{.time = covered[kTime] != 1, .space = !none_in_space};
}

// Reduced axes along the height, kept ones along time and channels.
Placement reducing_placement(const Value& value, const std::vector<std::size_t>& axes) {
  Placement placement;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < value.view.dims.size(); ++i)
    (contains(axes, i) ? placement[kHeight] : kept).push_back(i);
  const auto in_channels = [&](std::size_t dim) {
    const Dim& pieces = value.view.dims[dim];
    return !pieces.empty() && pieces.front().axis == kChannels;
  };
  auto channels = std::find_if(kept.begin(), kept.end(), in_channels);
  if (channels == kept.end() && !kept.empty()) channels = kept.end() - 1;
  if (channels != kept.end()) {
    placement[kChannels] = {*channels};
    kept.erase(channels);
  }
  placement[kTime] = kept;
  return placement;
}

// Without the reduced axes, unless they are kept as 1.
Value without(Value value, const std::vector<std::size_t>& axes, bool keep) {
  AxisView view;
  for (std::size_t i = 0; i < value.view.dims.size(); ++i) {
    if (!contains(axes, i)) {
      view.dims.push_back(value.view.dims[i]);
    } else if (keep) {
      view.dims.emplace_back();
    }
  }
  value.view = std::move(view);
  return value;
}

template <bool max>
std::vector<Value> reduction(const Use& use) {
  const Value& value = use.value(0);
  const std::vector<std::size_t> axes = use.axes(1, value.view.dims.size());
  const bool none_named =
      use.node.integers("axes", {}).empty() && (use.constant(1) == nullptr || use.constant(1)->size() == 0);
  if (none_named && use.node.integer("noop_with_empty_axes", 0) != 0) return {value};
  return {without(reduced(use, value, axes, max), axes, use.node.integer("keepdims", 1) != 0)};
}

template <bool max>
std::vector<Value> global_pooling(const Use& use) {
  const Value& value = use.value(0);
  std::vector<std::size_t> axes;
  for (std::size_t i = 2; i < value.view.dims.size(); ++i) axes.push_back(i);
  return {reduced(use, value, axes, max)};
}

}  // namespace

Value reduced(const Use& use, const Value& value, const std::vector<std::size_t>& axes, bool max) {
  Value input = value;
  std::optional<Reach> reach = whole_reach(input, axes);
  if (!reach) {
    input = use.network.arranged(value, reducing_placement(value, axes), use.node);
    reach = whole_reach(input, axes);
  }
  AxisView view = input.view;
  for (const std::size_t axis : axes) view.dims[axis] = {};
  if (!reach->time && !reach->space) {
    input.view = view;
    return input;
  }
  ModelLine line = use.line(max ? "global_max_pool" : "global_average_pool");
  AxisExtents extents = input.extents;
  if (reach->time) extents[kTime] = 1;
  if (reach->space) extents[kHeight] = extents[kWidth] = 1;
  const bool all = extents[kTime] == 1 && extents[kHeight] == 1 && extents[kWidth] == 1;
  if (!all) line.options.emplace_back("over", reach->time ? "time" : "space");
  return use.network.add(std::move(line), {&input}, extents, std::move(view));
}

Operators reduction_operators() {
  return {{"ReduceMean", reduction<false>},
          {"ReduceMax", reduction<true>},
          {"GlobalAveragePool", global_pooling<false>},
          {"GlobalMaxPool", global_pooling<true>}};
}

}  // namespace actionflow::onnx
