// Values and constants one after another along an axis.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

// Where the parts are joined: ONNX' axes along ours, the joined one alone along `own`.
struct Seam {
  Placement placement;
  int own = kChannels;
};

// As the value lies, where its axis has one of ours to itself.
std::optional<Seam> seam_as_it_lies(const Value& value, std::size_t axis) {
  auto placement = placement_as_it_lies(value.view);
  if (!placement) return std::nullopt;
  if (const Dim& dim = value.view.dims[axis]; !dim.empty()) {
    const int own = dim.front().axis;
    if (dim != whole_axis(own, value.extents[static_cast<std::size_t>(own)])) return std::nullopt;
    return Seam{*placement, own};
  }
  for (const int own : {kWidth, kHeight, kTime, kChannels}) {
    std::vector<std::size_t>& dims = (*placement)[static_cast<std::size_t>(own)];
    if (!dims.empty()) continue;
    dims = {axis};
    return Seam{*std::move(placement), own};
  }
  return std::nullopt;
}

// Else along width, and along the channels what lies there, or the last of the other axes.
Seam seam_along_width(const Value& value, std::size_t axis) {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < value.view.dims.size(); ++i)
    if (i != axis && !value.view.dims[i].empty()) others.push_back(i);
  Seam seam;
  if (others.empty()) {
    seam.placement[kChannels] = {axis};
    return seam;
  }
  seam.own = kWidth;
  seam.placement[kWidth] = {axis};
  auto channels = std::find_if(others.begin(), others.end(),
                               [&](std::size_t i) { return value.view.dims[i].front().axis == kChannels; });
  if (channels == others.end()) --channels;
  seam.placement[kChannels] = {*channels};
  others.erase(channels);
  seam.placement[kTime] = others;
  return seam;
}

// One vector for all places before a value is a class token.
std::optional<Value> with_class_token(const Use& use, const Array& token, const Value& given,
                                      std::size_t axis, const Seam& seam) {
  const std::vector<std::size_t>& channels = seam.placement[kChannels];
  if (seam.own == kChannels || channels.size() != 1 || token.shape[axis] != 1) return std::nullopt;
  const std::int64_t count = token.shape[channels[0]];
  if (count != placed_extents(given.view, seam.placement)[kChannels] || count == 1) return std::nullopt;
  std::int64_t inner = 1;  // how far the next channel lies
  for (std::size_t i = channels[0] + 1; i < token.shape.size(); ++i) inner *= token.shape[i];
  Tensor vector({count});
  for (std::int64_t c = 0; c < count; ++c) vector[c] = token.real(c * inner);
  for (std::int64_t i = 0; i < token.size(); ++i)
    if (token.real(i) != vector[i / inner % count]) return std::nullopt;
  const Value value = use.network.arranged(given, seam.placement, use.node);
  ModelLine line = use.line("class_token");
  if (seam.own != kWidth) line.options.emplace_back("axis", kAxisLetters[static_cast<std::size_t>(seam.own)]);
  AxisExtents extents = value.extents;
  AxisView view = value.view;
  view.dims[axis] = whole_axis(seam.own, ++extents[static_cast<std::size_t>(seam.own)]);
  const Value result = use.network.add(std::move(line), {&value}, extents, std::move(view));
  use.network.set_weight(result.layer, "token", std::move(vector));
  return result;
}

// Of equal ranks.
void check_extents(const Use& use, const std::vector<Entry>& parts, std::size_t axis) {
  const auto shape_of = [](const Entry& part) {
    return part.value ? part.value->view.shape() : part.constant->shape;
  };
  const Shape first = shape_of(parts.front());
  for (const Entry& part : parts) {
    Shape shape = shape_of(part);
    shape[axis] = first[axis];
    if (shape != first)
      use.node.fail(
          fmt::format("joins {} and {} along axis {}", to_string(first), to_string(shape_of(part)), axis));
  }
}

// What stands behind a step of an axis, then what stands before it.
std::optional<Value> rolled(const Use& use, std::size_t axis) {
  if (use.inputs.size() != 2 || use.is_constant(0) || use.is_constant(1)) return std::nullopt;
  const PartOfValue *behind = use.value(0).part.get(), *before = use.value(1).part.get();
  if (behind == nullptr || before == nullptr || behind->axis != axis || before->axis != axis)
    return std::nullopt;
  Value value = behind->whole;
  const Dim& dim = value.view.dims[axis];
  if (dim.size() != 1 || dim[0].axis == kChannels || before->whole.layer != value.layer ||
      before->whole.view != value.view || before->whole.roll != value.roll || before->begin != 0 ||
      before->count != behind->begin || behind->begin + behind->count != dim[0].extent)
    return std::nullopt;
  const auto own = static_cast<std::size_t>(dim[0].axis);
  if (dim != whole_axis(dim[0].axis, value.extents[own])) return std::nullopt;
  value.roll[own] = (value.roll[own] + behind->begin) % value.extents[own];
  value.sole = false;
  return value;
}

std::vector<Value> concat(const Use& use) {
  std::size_t rank = 0;
  for (std::size_t i = 0; i < use.inputs.size(); ++i) {
    const std::size_t own =
        use.is_constant(i) ? use.constant(i)->shape.size() : use.value(i).view.dims.size();
    if (i > 0 && own != rank) use.node.fail("joins values of different numbers of axes");
    rank = own;
  }
  const std::size_t axis = use.axis(use.node.integer("axis", 0), rank);
  if (auto value = rolled(use, axis)) return {*std::move(value)};
  return {joined_along(use, use.inputs, axis)};
}

// The first axis from `axis` on of which the box takes a part.
std::size_t axis_in_part(const std::vector<Range>& box, const Shape& shape, std::size_t axis) {
  while (axis < box.size() && box[axis].count == shape[axis]) ++axis;
  return axis;
}

// `updates` in the place of a box of `data`, of which `axis` is the first that the box takes a part of.
Value with_box(const Use& use, const Value& data, const Value& updates, const std::vector<Range>& box,
               std::size_t axis) {
  if (axis == box.size()) return updates;
  const Shape shape = data.view.shape();
  const std::int64_t begin = box[axis].begin, end = begin + box[axis].count;
  const std::size_t next = axis_in_part(box, shape, axis + 1);
  std::vector<Entry> parts;
  if (begin > 0) parts.push_back({nullptr, part_of(use, data, axis, {0, 1, begin})});
  parts.push_back({nullptr, next == box.size()
                                ? updates
                                : with_box(use, part_of(use, data, axis, box[axis]), updates, box, next)});
  if (end < shape[axis]) parts.push_back({nullptr, part_of(use, data, axis, {end, 1, shape[axis] - end})});
  return joined_along(use, parts, axis);
}

// Values that stand next to each other are put in the place of others.
std::vector<Value> scatter(const Use& use) {
  if (use.node.text("reduction", "none") != "none")
    use.node.fail("adds or multiplies what it puts in place, which is not known here");
  const Shape shape = use.is_constant(0) ? use.constant(0)->shape : use.value(0).view.shape();
  const auto box = box_of(use.required_constant(1), shape);
  if (!box) use.node.fail("puts values at places that are not a block of their own, which is not known here");
  Shape of_box = shape;
  for (std::size_t i = 0; i < box->size(); ++i) of_box[i] = (*box)[i].count;
  return {with_box(use, any_value(use, 0), to_shape(use, any_value(use, 2), of_box), *box,
                   axis_in_part(*box, shape, 0))};
}

}  // namespace

std::optional<std::vector<Range>> box_of(const Array& indices, const Shape& shape) {
  if (indices.shape.size() < 2 || indices.integers.empty()) return std::nullopt;
  const auto axes = static_cast<std::size_t>(indices.shape.back());
  // Of one axis alone, indices may stand in any shape.
  const Shape counts =
      axes == 1 ? Shape{indices.size()} : Shape(indices.shape.begin(), indices.shape.end() - 1);
  if (axes == 0 || axes > shape.size() || counts.size() != axes) return std::nullopt;
  std::vector<Range> box;
  for (std::size_t i = 0; i < axes; ++i) {
    box.push_back({.begin = indices.integers[i], .count = counts[i]});
    if (box[i].begin < 0 || box[i].begin + counts[i] > shape[i]) return std::nullopt;
  }
  Shape at(axes, 0);
  for (auto index = indices.integers.begin(); index != indices.integers.end();
       index += static_cast<std::ptrdiff_t>(axes)) {
    for (std::size_t i = 0; i < axes; ++i)
      if (index[static_cast<std::ptrdiff_t>(i)] != box[i].begin + at[i]) return std::nullopt;
    for (std::size_t i = axes; i-- > 0 && ++at[i] == counts[i];) at[i] = 0;
  }
  return box;
}

Value joined_along(const Use& use, const std::vector<Entry>& parts, std::size_t axis) {
  check_extents(use, parts, axis);
  if (parts.size() == 1) return *parts.front().value;
  const Value& first = *std::find_if(parts.begin(), parts.end(), [](const Entry& part) {
                          return part.value.has_value();
                        })->value;
  const Seam seam = seam_as_it_lies(first, axis).value_or(seam_along_width(first, axis));
  std::vector<Value> values;
  if (parts.size() == 2 && parts[0].constant != nullptr) {
    if (auto result = with_class_token(use, *parts[0].constant, first, axis, seam)) return *std::move(result);
  }
  AxisExtents extents{};
  const auto own = static_cast<std::size_t>(seam.own);
  std::int64_t steps = 0;
  for (const Entry& part : parts) {
    values.push_back(part.value ? use.network.arranged(*part.value, seam.placement, use.node)
                                : constant_value(use, *part.constant, seam.placement));
    extents = values.back().extents;
    steps += extents[own];
  }
  extents[own] = steps;
  AxisView view = values.front().view;
  view.dims[axis] = whole_axis(seam.own, steps);
  std::vector<const Value*> from;
  for (const Value& value : values) from.push_back(&value);
  ModelLine line = use.line("concat");
  if (seam.own != kChannels) line.options.emplace_back("axis", kAxisLetters[own]);
  return use.network.add(std::move(line), from, extents, std::move(view));
}

Value with_zeros(const Use& use, const Value& value) {
  Value result = value;
  result.padding.clear();
  constexpr std::int64_t kMost = 1 << 22;
  for (std::size_t axis = 0; axis < value.padding.size(); ++axis) {
    const auto zeros = [&](std::int64_t steps) {
      Array array;
      array.kind = Array::Kind::real;
      array.shape = result.view.shape();
      array.shape[axis] = steps;
      if (array.size() > kMost) use.node.fail("reads a value with very many zeros around it");
      array.reals.resize(static_cast<std::size_t>(array.size()));
      return Entry{.constant = std::make_shared<const Array>(std::move(array)), .value = {}};
    };
    const auto& [before, after] = value.padding[axis];
    std::vector<Entry> parts;
    if (before > 0) parts.push_back(zeros(before));
    parts.push_back({.constant = nullptr, .value = result});
    if (after > 0) parts.push_back(zeros(after));
    result = joined_along(use, parts, axis);
  }
  return result;
}

Operators joining_operators() { return {{"Concat", concat}, {"ScatterND", scatter}}; }

}  // namespace actionflow::onnx
