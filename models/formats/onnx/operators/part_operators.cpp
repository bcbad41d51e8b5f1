// Parts of values: Slice, Gather, Split, and Resize where it leaves steps out.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

constexpr std::int64_t kFarthestStep = std::int64_t{1} << 31;

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

// Steps that follow each other, or every n-th from the first on, along time, height or width; a single one of
// time is a layer of its own.
std::optional<Value> part_of_map(const Use& use, const Value& value, std::size_t axis, const Range& range) {
  const Dim& dim = value.view.dims[axis];
  if (dim.size() != 1 || dim[0].axis == kChannels || (range.count == 1 && dim[0].axis == kTime) ||
      dim != whole_axis(dim[0].axis, value.extents[static_cast<std::size_t>(dim[0].axis)]))
    return std::nullopt;
  const auto own = static_cast<std::size_t>(dim[0].axis);
  ModelLine line;
  if (range.step == 1) {
    line = use.line("slice");
    line.options = {{"axis", own == kTime     ? "t"
                             : own == kHeight ? "h"
                                              : "w"},
                    {"begin", std::to_string(range.begin)},
                    {"count", std::to_string(range.count)}};
  } else if (own == kTime) {
    line = use.line("select_frames");
    line.options = {{"stride", std::to_string(range.step)}};
  } else {
    line = use.line("max_pool3d");  // a window of one step
    std::vector<std::int64_t> stride{1, 1, 1};
    stride[own] = range.step;
    line.options = {{"size", "1"}, {"stride", yaml(stride)}};
  }
  AxisExtents extents = value.extents;
  extents[own] = range.count;
  AxisView view = value.view;
  view.dims[axis] = whole_axis(dim[0].axis, range.count);
  return use.network.add(std::move(line), {&value}, extents, std::move(view));
}

// All steps of an axis, from the last to the first.
Value reversed(const Use& use, const Value& value, std::size_t axis) {
  if (extent_of(value.view.dims[axis]) == 1) return value;
  const Value input = with_axis_as_time(use, value, axis);
  return use.network.add(use.line("reverse"), {&input}, input.extents, input.view);
}

std::vector<Value> slice(const Use& use) {
  Value value = use.value(0);
  const auto ranges = slice_ranges(use, value.view.shape());
  for (const auto& [axis, range] : ranges) value = part_of(use, value, axis, range);
  if (ranges.size() == 1 && ranges[0].second.step == 1) {
    const auto& [axis, range] = ranges[0];
    value.part = std::make_shared<const PartOfValue>(
        PartOfValue{.whole = use.value(0), .axis = axis, .begin = range.begin, .count = range.count});
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
  if (range.count == 0 || range.step == 0) return std::nullopt;
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

// How many of `extent` steps a Resize gives, and the step that each is taken from: floor(i / scale), in the
// numbers that ONNX has it in.
std::vector<std::int64_t> resized_steps(float scale, std::int64_t extent) {
  std::vector<std::int64_t> steps;
  const auto count = static_cast<std::int64_t>(scale * static_cast<float>(extent));
  for (std::int64_t i = 0; i < count; ++i)
    steps.push_back(static_cast<std::int64_t>(static_cast<float>(i) / scale));
  return steps;
}

// As interpolate(mode="nearest") is exported: where it leaves steps out, a part of the value.
std::vector<Value> resize(const Use& use) {
  if (use.node.text("mode", "nearest") != "nearest" ||
      use.node.text("coordinate_transformation_mode", "half_pixel") != "asymmetric" ||
      use.node.text("nearest_mode", "round_prefer_floor") != "floor")
    use.node.fail("interpolates; only mode nearest, asymmetric and rounded down, is known");
  Value value = use.value(0);
  const Shape shape = value.view.shape();
  const Array* const sizes = use.constant(3);
  const Array& given = sizes == nullptr ? use.required_constant(2) : *sizes;
  if (given.size() != static_cast<std::int64_t>(shape.size()))
    use.node.fail(fmt::format("has {} sizes for {} axes", given.size(), shape.size()));
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const float number = given.real(static_cast<std::int64_t>(axis));
    const float scale = sizes == nullptr ? number : number / static_cast<float>(shape[axis]);
    if (!(scale > 0) || scale > 1)
      use.node.fail(fmt::format("makes axis {} larger, which is not known here", axis));
    const auto range = as_range(resized_steps(scale, shape[axis]), shape[axis]);
    if (!range) use.node.fail(fmt::format("takes steps of axis {} that are not evenly spaced", axis));
    value = part_of(use, value, axis, *range);
  }
  return {value};
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

std::vector<std::pair<std::size_t, Range>> slice_ranges(const Use& use, Shape shape) {
  const std::vector<std::int64_t>& starts = use.required_constant(1).integers;
  const std::vector<std::int64_t>& ends = use.required_constant(2).integers;
  const std::vector<std::size_t> axes = use.axes(3, shape.size());
  const Array* steps = use.constant(4);
  const std::size_t count = starts.size();
  if (ends.size() != count || axes.size() < count || (steps != nullptr && steps->integers.size() != count))
    use.node.fail("its starts, ends, axes and steps differ in number");
  std::vector<std::pair<std::size_t, Range>> ranges;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t extent = shape[axes[i]], step = steps == nullptr ? 1 : steps->integers[i];
    if (step == 0 || std::abs(step) > kFarthestStep) use.node.fail(fmt::format("its step is {}", step));
    // Backwards an axis begins with its last step at most, and ends before its first.
    const std::int64_t before = step < 0 ? 1 : 0;
    const auto within = [&](std::int64_t at) {
      return std::clamp<std::int64_t>(at < 0 && at >= -extent ? at + extent : at, -before, extent - before);
    };
    const std::int64_t begin = std::max<std::int64_t>(within(starts[i]), 0), end = within(ends[i]);
    const std::int64_t span = step < 0 ? begin - end : end - begin;
    const std::int64_t taken = span <= 0 ? 0 : (span - 1) / std::abs(step) + 1;
    ranges.push_back({axes[i], {begin, step, taken}});
    shape[axes[i]] = ranges.back().second.count;
  }
  return ranges;
}

Value part_of(const Use& use, const Value& value, std::size_t axis, const Range& range) {
  const std::int64_t extent = extent_of(value.view.dims[axis]);
  if (range.step < 0) {
    const Range forward{range.begin + (range.count - 1) * range.step, -range.step, range.count};
    return reversed(use, part_of(use, value, axis, forward), axis);
  }
  if (range.count == extent && range.step == 1) return value;
  if (range.step > 1 && (range.begin != 0 || (extent - 1) / range.step + 1 != range.count)) {
    const Range within{range.begin, 1, (range.count - 1) * range.step + 1};
    return part_of(use, part_of(use, value, axis, within), axis, {0, range.step, range.count});
  }
  if (const auto part = part_of_channels(use, value, axis, range)) return *part;
  if (const auto part = part_of_map(use, value, axis, range)) return *part;
  const Value input = with_axis_as_time(use, value, axis);
  if (const auto part = part_of_map(use, input, axis, range)) return *part;
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
  ModelLine line = use.line("select_frame");
  line.options.emplace_back("frame", std::to_string(range.begin == extent - 1 ? -1 : range.begin));
  return use.network.add(std::move(line), {&input}, extents, std::move(view));
}

Operators part_operators() {
  return {{"Slice", slice}, {"Gather", gather}, {"Split", split}, {"Resize", resize}};
}

}  // namespace actionflow::onnx
