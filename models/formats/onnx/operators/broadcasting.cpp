// Values joined element by element, where each may repeat the other.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

const char* layer_of(Join join) {
  switch (join) {
    case Join::add:
      return "add";
    case Join::multiply:
      return "multiply";
    default:
      return "maximum";
  }
}

// Missing axes in front have extent 1.
AxisView with_rank(const AxisView& view, std::size_t rank) {
  AxisView result;
  result.dims.resize(rank - view.dims.size());
  result.dims.insert(result.dims.end(), view.dims.begin(), view.dims.end());
  return result;
}

// Whether what `a` repeats of `b` lies along axes of ours that a has not.
bool repeats_apart(const Value& a, const Value& b) {
  for (std::size_t i = 0; i < a.view.dims.size(); ++i) {
    if (!a.view.dims[i].empty()) continue;
    for (const Piece& piece : b.view.dims[i])
      if (a.extents[static_cast<std::size_t>(piece.axis)] != 1) return false;
  }
  return true;
}

// Whether axes repeat whole axes of ours or none, and the others lie alike.
bool lie_alike(const Value& a, const Value& b) {
  for (std::size_t i = 0; i < a.view.dims.size(); ++i) {
    const Dim &one_dim = a.view.dims[i], &other = b.view.dims[i];
    if (!one_dim.empty() && !other.empty() && one_dim != other) return false;
  }
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    if (a.extents[axis] != b.extents[axis] && a.extents[axis] != 1 && b.extents[axis] != 1) return false;
  }
  return repeats_apart(a, b) && repeats_apart(b, a);
}

// Axes that both have along time, those of one alone along height or width, and the last along the channels:
// so an axis of ours is in each value whole, or 1.
Placement placement_by_owner(const Value& a, const Value& b) {
  Placement placement;
  std::size_t last = a.view.dims.size() - 1;
  while (last > 0 && a.view.dims[last].empty() && b.view.dims[last].empty()) --last;
  for (std::size_t i = 0; i < last; ++i) {
    const bool in_a = !a.view.dims[i].empty(), in_b = !b.view.dims[i].empty();
    if (in_a || in_b) placement[in_a && in_b ? kTime : in_a ? kHeight : kWidth].push_back(i);
  }
  placement[kChannels] = {last};
  return placement;
}

// Every axis of ONNX that is more than 1 in either along one of ours.
Placement common_placement(const Value& a, const Value& b) {
  AxisView both = a.view;
  for (std::size_t i = 0; i < both.dims.size(); ++i) {
    if (both.dims[i].empty()) both.dims[i] = b.view.dims[i];
  }
  std::size_t channels = both.dims.size() - 1;
  for (std::size_t i = 0; i < both.dims.size(); ++i) {
    if (!both.dims[i].empty() && both.dims[i].front().axis == kChannels) channels = i;
  }
  const Placement placement = with_channels(both, a.extents, channels);
  for (const auto& dims : placement)
    if (dims.size() > 1) return placement_by_owner(a, b);
  return placement;
}

}  // namespace

Value joined(const Use& use, Join join, Value a, Value b) {
  const std::size_t rank = std::max(a.view.dims.size(), b.view.dims.size());
  a.view = with_rank(a.view, rank);
  b.view = with_rank(b.view, rank);
  Shape shape;
  if (!broadcast(a.view.shape(), b.view.shape(), shape))
    use.node.fail(fmt::format("joins {} and {}", to_string(a.view.shape()), to_string(b.view.shape())));
  if (!lie_alike(a, b)) {
    const Placement placement = common_placement(a, b);
    a = use.network.arranged(a, placement, use.node);
    b = use.network.arranged(b, placement, use.node);
  }
  AxisExtents extents{};
  for (std::size_t axis = 0; axis < kAxes; ++axis) extents[axis] = std::max(a.extents[axis], b.extents[axis]);
  AxisView view = a.view;
  for (std::size_t i = 0; i < rank; ++i) {
    if (view.dims[i].empty()) view.dims[i] = b.view.dims[i];
  }
  return use.network.add(use.line(layer_of(join)), {&a, &b}, extents, std::move(view));
}

Value repeated(const Use& use, const Value& value, const Shape& shape) {
  Value result = value;
  result.view = with_rank(value.view, shape.size());
  Array zeros;
  zeros.kind = Array::Kind::real;
  constexpr std::int64_t kMost = 1 << 22;
  std::int64_t times = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    zeros.shape.push_back(result.view.dims[i].empty() ? shape[i] : 1);
    if (zeros.shape.back() < 1 || zeros.shape.back() > kMost || (times *= zeros.shape.back()) > kMost)
      use.node.fail(fmt::format("repeats {} as [{}]", to_string(value.view.shape()), fmt::join(shape, ", ")));
  }
  if (zeros.size() == 1) return result;
  zeros.reals.resize(static_cast<std::size_t>(zeros.size()));
  return joined(use, Join::add, result, constant_value(use, zeros));
}

}  // namespace actionflow::onnx
