// How ONNX' axes of a value lie along ours.
//
// ONNX moves values between layouts by transposing and reshaping; ours are always C×T×H×W in memory's order
// T, H, W, C. So a value of the file is one of ours, unmoved, and a view: each axis of ONNX is made of pieces
// of our axes, the slowest first. Transpose and Reshape change the view alone, and layers that move data are
// needed only where an operation wants an axis elsewhere. The batch is one, and has no pieces.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/operation.h"

namespace actionflow::onnx {

// Ours, in memory's order.
enum Axis : int { kTime, kHeight, kWidth, kChannels };
inline constexpr std::size_t kAxes = 4;
using AxisExtents = std::array<std::int64_t, kAxes>;

AxisExtents to_axes(const Extents& extents);
Extents to_extents(const AxisExtents& axes);

// Of an axis of ours the part that counts `extent` steps of `stride`.
struct Piece {
  int axis = kChannels;
  std::int64_t extent = 1;
  std::int64_t stride = 1;
  bool operator==(const Piece&) const = default;
};

using Dim = std::vector<Piece>;  // an axis of ONNX; of extent 1 where empty
std::int64_t extent_of(const Dim& dim);

struct AxisView {
  std::vector<Dim> dims;

  Shape shape() const;
  bool operator==(const AxisView&) const = default;
};

// A whole axis of ours as one of ONNX'.
Dim whole_axis(int axis, std::int64_t extent);

AxisView transposed(const AxisView& view, const std::vector<std::int64_t>& order);

// Nothing where the new axes do not end where pieces can be cut. The sizes are equal.
std::optional<AxisView> reshaped(const AxisView& view, const Shape& shape);

// For each of our axes the axes of ONNX that are to lie along it, the slowest first.
using Placement = std::array<std::vector<std::size_t>, kAxes>;

// What ours become where axes of these extents lie by the placement, and how they are seen then.
AxisExtents placed_extents(const AxisView& view, const Placement& placement);
AxisView placed_view(const AxisView& view, const Placement& placement);
// The placement by which nothing moves: every axis of ONNX along one of ours, in order. Nothing where there
// is none. Axes of extent 1 are left out.
std::optional<Placement> placement_as_it_lies(const AxisView& view);

// Pieces in memory's order for this placement.
std::vector<Piece> placed(const AxisView& view, const Placement& placement);
// In the order in which they lie in memory now.
std::vector<Piece> in_memory(const AxisView& view);

// Axis `channels` lies along the channels and every other along an axis where it lies already, or along
// one that is free.
Placement with_channels(const AxisView& view, const AxisExtents& extents, std::size_t channels);

// Moves of four axes at most, one after another, that bring memory from one order of pieces to another. Each
// first counts memory in `extents`, then takes axis order[i] as the i-th.
struct Move {
  AxisExtents extents{1, 1, 1, 1};
  std::array<int, kAxes> order{0, 1, 2, 3};
};
std::vector<Move> moves(const std::vector<Piece>& from, const std::vector<Piece>& to);

}  // namespace actionflow::onnx
