// Parts of constants, moved and joined.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "models/formats/onnx/folding/folding.h"

namespace actionflow::onnx {
namespace {

Array transpose_constant(const Folding& f) {
  const Array& from = f.input(0);
  const std::size_t rank = from.shape.size();
  std::vector<std::int64_t> order(rank);
  std::iota(order.rbegin(), order.rend(), 0);
  order = f.node.integers("perm", order);
  if (order.size() != rank) f.node.fail("its perm does not name each axis");
  const std::vector<std::int64_t> steps = steps_of(from.shape);
  std::vector<bool> seen(rank, false);
  Shape shape;
  std::vector<std::int64_t> moved;
  for (const std::int64_t one : order) {
    const std::size_t axis = f.axis(one, rank);
    if (seen[axis]) f.node.fail("its perm names an axis twice");
    seen[axis] = true;
    shape.push_back(from.shape[axis]);
    moved.push_back(steps[axis]);
  }
  return picked(from, shape, moved);
}

Array expand_constant(const Folding& f) {
  const Array& from = f.input(0);
  Shape shape;
  if (!broadcast(from.shape, f.checked(f.integers(1)), shape))
    f.node.fail(fmt::format("repeats {} as [{}]", to_string(from.shape), fmt::join(f.integers(1), ", ")));
  return picked(from, f.checked(shape), broadcast_steps(from.shape, shape));
}

Array slice_constant(const Folding& f) {
  const Array& from = f.input(0);
  const std::vector<std::int64_t>&starts = f.integers(1), &ends = f.integers(2);
  std::vector<std::int64_t> axes(starts.size()), strides(starts.size(), 1);
  std::iota(axes.begin(), axes.end(), 0);
  if (f.optional(3) != nullptr) axes = f.integers(3);
  if (f.optional(4) != nullptr) strides = f.integers(4);
  if (ends.size() != starts.size() || axes.size() != starts.size() || strides.size() != starts.size())
    f.node.fail("its starts, ends, axes and steps differ in number");
  Shape shape = from.shape;
  std::vector<std::int64_t> steps = steps_of(from.shape);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = f.axis(axes[i], shape.size());
    const std::int64_t extent = from.shape[axis], stride = strides[i];
    if (extent == 0) continue;
    if (stride == 0 || std::abs(stride) > (std::int64_t{1} << 31))
      f.node.fail(fmt::format("its step is {}", stride));
    const auto within = [&](std::int64_t at, std::int64_t least, std::int64_t most) {
      return std::clamp(at < 0 && at >= -extent ? at + extent : at < 0 ? least : at, least, most);
    };
    const std::int64_t begin = stride > 0 ? within(starts[i], 0, extent) : within(starts[i], 0, extent - 1);
    const std::int64_t end = stride > 0 ? within(ends[i], 0, extent) : within(ends[i], -1, extent - 1);
    const std::int64_t span = stride > 0 ? end - begin : begin - end;
    const std::int64_t step = std::abs(stride);
    shape[axis] = span <= 0 ? 0 : (span - 1) / step + 1;
    first += begin * steps[axis];
    steps[axis] *= stride;
  }
  if (element_count(shape) == 0) return of_kind(from.kind, shape);
  return picked(from, shape, steps, first);
}

Array concat_constants(const Folding& f) {
  Array result = f.input(0);
  const std::size_t axis = f.axis(f.node.integer("axis", 0), result.shape.size());
  Shape shape = result.shape;
  shape[axis] = 0;
  for (std::size_t i = 0; i < f.inputs.size(); ++i) {
    Shape one = f.input(i).shape;
    if (one.size() != shape.size() || f.input(i).is_real() != result.is_real())
      f.node.fail("joins constants that differ in axes or type");
    shape[axis] += one[axis];
    one[axis] = result.shape[axis];
    if (one != result.shape) f.node.fail("joins constants of different extents");
  }
  result = of_kind(result.kind, f.checked(shape));
  const std::vector<std::int64_t> steps = steps_of(shape);
  std::int64_t first = 0;
  for (std::size_t i = 0; i < f.inputs.size(); ++i) {
    const Array& from = f.input(i);
    walk(from.shape, steps, first,
         [&](std::int64_t at, std::int64_t to) { copy_element(from, at, result, to); });
    first += from.shape[axis] * steps[axis];
  }
  return result;
}

Array gather_constant(const Folding& f) {
  const Array &from = f.input(0), &indices = f.input(1);
  const std::size_t axis = f.axis(f.node.integer("axis", 0), from.shape.size());
  const std::int64_t extent = from.shape[axis];
  Shape shape(from.shape.begin(), from.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), from.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, from.shape.end());
  Array result = of_kind(from.kind, f.checked(shape));
  const std::int64_t inner = steps_of(from.shape)[axis];
  const auto count = static_cast<std::int64_t>(f.integers(1).size());
  for (std::int64_t i = 0; i < result.size(); ++i) {
    std::int64_t index = f.integers(1)[static_cast<std::size_t>(i / inner % count)];
    if (index < -extent || index >= extent) f.node.fail(fmt::format("takes element {} of {}", index, extent));
    if (index < 0) index += extent;
    copy_element(from, (i / inner / count * extent + index) * inner + i % inner, result, i);
  }
  return result;
}

// Where the rows lie that indices of several axes, along their last, name: `inner` elements each.
struct NamedRows {
  std::vector<std::int64_t> begins;
  std::int64_t inner = 1;
  std::size_t depth = 0;
};

NamedRows named_rows(const Folding& f, const Shape& shape) {
  const Array& indices = f.input(1);
  NamedRows rows;
  rows.depth = indices.shape.empty() ? 0 : static_cast<std::size_t>(indices.shape.back());
  if (rows.depth == 0 || rows.depth > shape.size()) f.node.fail("its indices do not fit");
  const std::vector<std::int64_t> steps = steps_of(shape);
  rows.inner = steps[rows.depth - 1];
  const std::vector<std::int64_t>& numbers = f.integers(1);
  for (std::size_t i = 0; i + rows.depth <= numbers.size(); i += rows.depth) {
    std::int64_t at = 0;
    for (std::size_t axis = 0; axis < rows.depth; ++axis) {
      const std::int64_t extent = shape[axis], index = numbers[i + axis];
      if (index < -extent || index >= extent)
        f.node.fail(fmt::format("names element {} of {}", index, extent));
      at += (index < 0 ? index + extent : index) * steps[axis];
    }
    rows.begins.push_back(at);
  }
  return rows;
}

Array scatter_constants(const Folding& f) {
  Array result = f.input(0);
  const Array& updates = f.input(2);
  const NamedRows rows = named_rows(f, result.shape);
  if (f.node.text("reduction", "none") != "none") f.node.fail("adds or multiplies, which is not known here");
  if (updates.size() != static_cast<std::int64_t>(rows.begins.size()) * rows.inner ||
      updates.is_real() != result.is_real())
    f.node.fail("its updates do not fit its indices");
  std::int64_t from = 0;
  for (const std::int64_t begin : rows.begins)
    for (std::int64_t k = 0; k < rows.inner; ++k) copy_element(updates, from++, result, begin + k);
  return result;
}

Array gather_rows(const Folding& f) {
  const Array& from = f.input(0);
  if (f.node.integer("batch_dims", 0) != 0) f.node.fail("has batch_dims, which are not known here");
  const NamedRows rows = named_rows(f, from.shape);
  Shape shape(f.input(1).shape.begin(), f.input(1).shape.end() - 1);
  shape.insert(shape.end(), from.shape.begin() + static_cast<std::ptrdiff_t>(rows.depth), from.shape.end());
  Array result = of_kind(from.kind, f.checked(shape));
  if (result.size() != static_cast<std::int64_t>(rows.begins.size()) * rows.inner)
    f.node.fail("its indices do not fit");
  std::int64_t to = 0;
  for (const std::int64_t begin : rows.begins)
    for (std::int64_t k = 0; k < rows.inner; ++k) copy_element(from, begin + k, result, to++);
  return result;
}

}  // namespace

Folders part_folders() {
  return {{"Transpose", transpose_constant}, {"Expand", expand_constant}, {"Slice", slice_constant},
          {"Concat", concat_constants},      {"Gather", gather_constant}, {"GatherND", gather_rows},
          {"ScatterND", scatter_constants}};
}

}  // namespace actionflow::onnx
