// What moves values without computing: most of it changes the view alone.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

constexpr std::size_t kMostAxes = 16;

std::vector<Value> same_value(const Use& use) {
  if (const Value* scores = use.scores(0)) return {*scores};
  return {use.padded_value(0)};
}

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

Value to_shape(const Use& use, const Value& value, const Shape& shape) {
  if (shape.size() > kMostAxes) use.node.fail(fmt::format("makes {} axes", shape.size()));
  if (const auto view = reshaped(value.view, shape)) return viewed(value, *view);
  const Value plain = in_onnx_order(use, value);
  return viewed(plain, reshaped(plain.view, shape).value());
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
  if (!broadcast(value.view.shape(), use.required_constant(1).integers, shape) ||
      element_count(shape) != element_count(value.view.shape()))
    use.node.fail("repeats a computed value, which is not known here");
  AxisView view = value.view;
  view.dims.insert(view.dims.begin(), shape.size() - view.dims.size(), Dim{});
  return {viewed(value, view)};
}

// ---- parts ----

// Steps begin, begin + step, … of an axis, `count` of them.
struct Range {
  std::int64_t begin = 0, step = 1, count = 0;
};

// The axis along time, the others elsewhere.
Value with_axis_as_time(const Use& use, const Value& value, std::size_t axis) {
  Placement placement = with_channels(value.view, value.extents, axis);
  if (value.view.dims[axis] == whole_axis(kTime, value.extents[kTime])) {
    // Along time already: nothing moves.
    std::size_t channels = axis;
    for (std::size_t i = 0; i < value.view.dims.size(); ++i) {
      const Dim& dim = value.view.dims[i];
      if (i != axis && (channels == axis || (!dim.empty() && dim.front().axis == kChannels))) channels = i;
    }
    if (channels != axis) placement = with_channels(value.view, value.extents, channels);
  } else {
    std::swap(placement[kTime], placement[kChannels]);
  }
  return use.network.arranged(value, placement, use.node);
}

// A recurrent layer gives its last state unless told to give all.
bool ends_at_last_state(const Use& use, const Value& value, const Range& range, std::int64_t extent) {
  ModelLine* line = use.network.own_line(value);
  if (line == nullptr || range.count != 1 || (line->layer != "lstm" && line->layer != "gru")) return false;
  const auto has = [&](const char* key) {
    return std::any_of(line->options.begin(), line->options.end(),
                       [&](const auto& o) { return o.first == key; });
  };
  if (!has("sequence") || range.begin != (has("backward") ? 0 : extent - 1)) return false;
  std::erase_if(line->options, [](const auto& option) { return option.first == "sequence"; });
  return true;
}

// Steps that follow each other along the slowest part of the channels.
std::optional<Value> part_of_channels(const Use& use, const Value& value, std::size_t axis,
                                      const Range& range) {
  const Dim& dim = value.view.dims[axis];
  const std::int64_t channels = value.extents[kChannels];
  if (dim.size() != 1 || dim[0].axis != kChannels || dim[0].extent * dim[0].stride != channels ||
      range.step != 1)
    return std::nullopt;
  ModelLine line = use.line("slice");
  line.options = {{"axis", "c"},
                  {"begin", std::to_string(range.begin * dim[0].stride)},
                  {"count", std::to_string(range.count * dim[0].stride)}};
  AxisExtents extents = value.extents;
  extents[kChannels] = range.count * dim[0].stride;
  AxisView view = value.view;
  view.dims[axis] = range.count == 1 ? Dim{} : Dim{{kChannels, range.count, dim[0].stride}};
  return use.network.add(std::move(line), {&value}, extents, std::move(view));
}

// Several steps that follow each other along time, height or width.
std::optional<Value> part_of_map(const Use& use, const Value& value, std::size_t axis, const Range& range) {
  const Dim& dim = value.view.dims[axis];
  if (dim.size() != 1 || dim[0].axis == kChannels || range.step != 1 || range.count == 1 ||
      dim != whole_axis(dim[0].axis, value.extents[dim[0].axis]))
    return std::nullopt;
  const int own = dim[0].axis;
  ModelLine line = use.line("slice");
  line.options = {{"axis", own == kTime     ? "t"
                           : own == kHeight ? "h"
                                            : "w"},
                  {"begin", std::to_string(range.begin)},
                  {"count", std::to_string(range.count)}};
  AxisExtents extents = value.extents;
  extents[own] = range.count;
  AxisView view = value.view;
  view.dims[axis] = whole_axis(own, range.count);
  return use.network.add(std::move(line), {&value}, extents, std::move(view));
}

Value part_of(const Use& use, const Value& value, std::size_t axis, const Range& range) {
  const std::int64_t extent = extent_of(value.view.dims[axis]);
  if (range.count == extent && range.step == 1) return value;
  if (const auto part = part_of_channels(use, value, axis, range)) return *part;
  if (const auto part = part_of_map(use, value, axis, range)) return *part;
  const Value input = with_axis_as_time(use, value, axis);
  AxisExtents extents = input.extents;
  extents[kTime] = range.count;
  AxisView view = input.view;
  view.dims[axis] = whole_axis(kTime, range.count);
  if (ends_at_last_state(use, input, range, extent)) {
    Value last = input;
    last.extents = extents;
    last.view = view;
    return last;
  }
  if (range.count == 1) {
    ModelLine line = use.line("select_frame");
    line.options.emplace_back("frame", std::to_string(range.begin == extent - 1 ? -1 : range.begin));
    return use.network.add(std::move(line), {&input}, extents, std::move(view));
  }
  if (range.begin != 0 || range.step < 2 || (extent - 1) / range.step + 1 != range.count)
    use.node.fail(fmt::format(
        "takes {} of {} steps from {} on, {} apart; one step, or every n-th of all, is known here",
        range.count, extent, range.begin, range.step));
  ModelLine line = use.line("max_pool3d");  // a window of one step
  line.options.emplace_back("size", "1");
  line.options.emplace_back("stride", yaml({range.step, 1, 1}));
  return use.network.add(std::move(line), {&input}, extents, std::move(view));
}

std::vector<Value> slice(const Use& use) {
  Value value = use.value(0);
  const Shape shape = value.view.shape();
  const std::vector<std::int64_t>& starts = use.required_constant(1).integers;
  const std::vector<std::int64_t>& ends = use.required_constant(2).integers;
  const std::vector<std::size_t> axes = use.axes(3, shape.size());
  const Array* steps = use.constant(4);
  const std::size_t count = starts.size();
  if (ends.size() != count || axes.size() < count || (steps != nullptr && steps->integers.size() != count))
    use.node.fail("its starts, ends, axes and steps differ in number");
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t extent = shape[axes[i]], step = steps == nullptr ? 1 : steps->integers[i];
    if (step < 1) use.node.fail(fmt::format("its step is {}, expected 1 or more", step));
    const auto within = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent);
    };
    const std::int64_t begin = within(starts[i]), end = within(ends[i]);
    if (begin >= end) use.node.fail("takes nothing");
    value = part_of(use, value, axes[i], {begin, step, (end - begin - 1) / step + 1});
  }
  return {value};
}

// Whether indices count begin, begin + step, ….
std::optional<Range> as_range(const std::vector<std::int64_t>& indices, std::int64_t extent) {
  Range range{.count = static_cast<std::int64_t>(indices.size())};
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (indices[i] < -extent || indices[i] >= extent) return std::nullopt;
    const std::int64_t index = indices[i] < 0 ? indices[i] + extent : indices[i];
    if (i == 0) range.begin = index;
    if (i == 1) range.step = index - range.begin;
    if (index != range.begin + static_cast<std::int64_t>(i) * range.step) return std::nullopt;
  }
  if (range.count == 0 || range.step < 1) return std::nullopt;
  return range;
}

// Indices spread from the first step to the last, rounded down.
bool are_spread(const std::vector<std::int64_t>& indices, std::int64_t extent) {
  const auto count = static_cast<std::int64_t>(indices.size());
  for (std::int64_t i = 0; i < count; ++i)
    if (count < 2 || indices[static_cast<std::size_t>(i)] != i * (extent - 1) / (count - 1)) return false;
  return count > 1;
}

Value spread_steps(const Use& use, const Value& value, std::size_t axis, std::int64_t count) {
  const Value input = with_axis_as_time(use, value, axis);
  ModelLine line = use.line("select_frames");
  line.options = {{"count", std::to_string(count)}};
  AxisExtents extents = input.extents;
  extents[kTime] = count;
  AxisView view = input.view;
  view.dims[axis] = whole_axis(kTime, count);
  return use.network.add(std::move(line), {&input}, extents, std::move(view));
}

std::vector<Value> gather(const Use& use) {
  Value value = use.value(0);
  const Shape shape = value.view.shape();
  const std::size_t axis = use.axis(use.node.integer("axis", 0), shape.size());
  const Array& indices = use.required_constant(1);
  const auto range = as_range(indices.integers, shape[axis]);
  if (range)
    value = part_of(use, value, axis, *range);
  else if (are_spread(indices.integers, shape[axis]))
    value = spread_steps(use, value, axis, static_cast<std::int64_t>(indices.integers.size()));
  else
    use.node.fail("its indices are not evenly spaced, or outside its input");
  Shape to(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(axis));
  to.insert(to.end(), indices.shape.begin(), indices.shape.end());
  to.insert(to.end(), shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, shape.end());
  return {to_shape(use, value, to)};
}

std::vector<Value> split(const Use& use) {
  const Value& value = use.value(0);
  const std::size_t axis = use.axis(use.node.integer("axis", 0), value.view.dims.size());
  const std::int64_t extent = extent_of(value.view.dims[axis]);
  const auto parts = static_cast<std::int64_t>(use.node.outputs.size());
  std::vector<std::int64_t> sizes(use.node.outputs.size(), (extent + parts - 1) / parts);
  if (use.constant(1) != nullptr) {
    sizes = use.constant(1)->integers;
  } else {
    sizes.back() = extent - (parts - 1) * sizes.front();
  }
  std::vector<Value> results;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    if (sizes.size() != use.node.outputs.size() || size < 1 || size > extent - begin)
      use.node.fail(fmt::format("splits {} into [{}]", extent, fmt::join(sizes, ", ")));
    results.push_back(use.read[results.size()] ? part_of(use, value, axis, {begin, 1, size}) : Value{});
    begin += size;
  }
  return results;
}

}  // namespace

Operators shape_operators() {
  return {{"Identity", same_value}, {"Dropout", same_value},   {"Cast", same_value}, {"Transpose", transpose},
          {"Reshape", reshape},     {"Flatten", flatten_axes}, {"Squeeze", squeeze}, {"Unsqueeze", unsqueeze},
          {"Expand", expand},       {"Slice", slice},          {"Gather", gather},   {"Split", split}};
}

}  // namespace actionflow::onnx
