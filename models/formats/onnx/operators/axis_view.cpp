#include "models/formats/onnx/operators/axis_view.h"

#include <algorithm>

namespace actionflow::onnx {
namespace {

// Pieces that follow each other in one axis of ours are one.
void append_piece(Dim& dim, const Piece& piece) {
  if (piece.extent == 1) return;
  if (!dim.empty() && dim.back().axis == piece.axis && dim.back().stride == piece.stride * piece.extent) {
    dim.back().extent *= piece.extent;
    dim.back().stride = piece.stride;
  } else {
    dim.push_back(piece);
  }
}

std::vector<Piece> all_pieces(const AxisView& view) {
  std::vector<Piece> all;
  for (const Dim& dim : view.dims) all.insert(all.end(), dim.begin(), dim.end());
  return all;
}

// Runs of pieces that follow each other both here and there.
struct Run {
  std::int64_t extent = 1;
  std::size_t place = 0;  // among the target's runs
};

std::vector<Run> runs_of(const std::vector<Piece>& from, const std::vector<Piece>& to) {
  std::vector<std::size_t> places;
  for (const Piece& piece : from)
    places.push_back(static_cast<std::size_t>(std::find(to.begin(), to.end(), piece) - to.begin()));
  std::vector<Run> runs;
  std::size_t last = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (i > 0 && places[i] == last + 1) {
      runs.back().extent *= from[i].extent;
    } else {
      runs.push_back({from[i].extent, places[i]});
    }
    last = places[i];
  }
  std::vector<std::size_t> order;
  for (const Run& run : runs) order.push_back(run.place);
  std::sort(order.begin(), order.end());
  for (Run& run : runs) {
    run.place =
        static_cast<std::size_t>(std::lower_bound(order.begin(), order.end(), run.place) - order.begin());
  }
  return runs;
}

std::int64_t extent_between(const std::vector<Run>& runs, std::size_t begin, std::size_t end) {
  std::int64_t extent = 1;
  for (std::size_t i = begin; i < end; ++i) extent *= runs[i].extent;
  return extent;
}

// A permutation of four runs at most, as one move; they lie along the last of our axes.
Move move_of(const std::vector<Run>& runs) {
  Move move;
  const std::size_t first = kAxes - runs.size();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    move.extents[first + i] = runs[i].extent;
    move.order[first + runs[i].place] = static_cast<int>(first + i);
  }
  return move;
}

}  // namespace

AxisExtents to_axes(const Extents& extents) { return {extents.t, extents.h, extents.w, extents.c}; }

Extents to_extents(const AxisExtents& axes) {
  return {.c = axes[kChannels], .t = axes[kTime], .h = axes[kHeight], .w = axes[kWidth]};
}

std::int64_t extent_of(const Dim& dim) {
  std::int64_t extent = 1;
  for (const Piece& piece : dim) extent *= piece.extent;
  return extent;
}

Shape AxisView::shape() const {
  Shape shape;
  for (const Dim& dim : dims) shape.push_back(extent_of(dim));
  return shape;
}

Dim whole_axis(int axis, std::int64_t extent) {
  return extent == 1 ? Dim{} : Dim{{.axis = axis, .extent = extent, .stride = 1}};
}

AxisView transposed(const AxisView& view, const std::vector<std::int64_t>& order) {
  AxisView result;
  for (const std::int64_t from : order) result.dims.push_back(view.dims[static_cast<std::size_t>(from)]);
  return result;
}

std::optional<AxisView> reshaped(const AxisView& view, const Shape& shape) {
  Dim left;
  for (const Piece& piece : all_pieces(view)) append_piece(left, piece);
  std::reverse(left.begin(), left.end());
  AxisView result;
  for (const std::int64_t extent : shape) {
    Dim dim;
    std::int64_t needed = extent;
    while (needed > 1) {
      if (left.empty()) return std::nullopt;
      Piece& next = left.back();
      if (needed % next.extent == 0) {
        append_piece(dim, next);
        needed /= next.extent;
        left.pop_back();
      } else if (next.extent % needed == 0) {
        next.extent /= needed;
        append_piece(dim, {next.axis, needed, next.stride * next.extent});
        needed = 1;
      } else {
        return std::nullopt;
      }
    }
    result.dims.push_back(std::move(dim));
  }
  return result;
}

std::vector<Piece> placed(const AxisView& view, const Placement& placement) {
  std::vector<Piece> pieces;
  for (const auto& dims : placement) {
    for (const std::size_t dim : dims)
      pieces.insert(pieces.end(), view.dims[dim].begin(), view.dims[dim].end());
  }
  return pieces;
}

std::vector<Piece> in_memory(const AxisView& view) {
  std::vector<Piece> pieces = all_pieces(view);
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    return a.axis != b.axis ? a.axis < b.axis : a.stride > b.stride;
  });
  return pieces;
}

AxisExtents placed_extents(const AxisView& view, const Placement& placement) {
  AxisExtents extents{1, 1, 1, 1};
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    for (const std::size_t dim : placement[axis]) extents[axis] *= extent_of(view.dims[dim]);
  }
  return extents;
}

AxisView placed_view(const AxisView& view, const Placement& placement) {
  AxisView result = view;
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    std::int64_t stride = 1;
    for (auto dim = placement[axis].rbegin(); dim != placement[axis].rend(); ++dim) {
      const std::int64_t extent = extent_of(view.dims[*dim]);
      result.dims[*dim] = extent == 1 ? Dim{} : Dim{{static_cast<int>(axis), extent, stride}};
      stride *= extent;
    }
  }
  return result;
}

std::optional<Placement> placement_as_it_lies(const AxisView& view) {
  Placement placement;
  for (std::size_t i = 0; i < view.dims.size(); ++i) {
    if (!view.dims[i].empty()) placement[static_cast<std::size_t>(view.dims[i].front().axis)].push_back(i);
  }
  for (std::vector<std::size_t>& dims : placement) {
    std::sort(dims.begin(), dims.end(), [&](std::size_t a, std::size_t b) {
      return view.dims[a].front().stride > view.dims[b].front().stride;
    });
  }
  if (placed(view, placement) != in_memory(view)) return std::nullopt;
  // An axis of ONNX of pieces of several of ours has no place.
  for (const Dim& dim : view.dims) {
    if (std::any_of(dim.begin(), dim.end(), [&](const Piece& p) { return p.axis != dim.front().axis; }))
      return std::nullopt;
  }
  return placement;
}

Placement with_channels(const AxisView& view, const AxisExtents& extents, std::size_t channels) {
  Placement placement;
  placement[kChannels] = {channels};
  std::vector<std::size_t> homeless;
  for (std::size_t i = 0; i < view.dims.size(); ++i) {
    const Dim& dim = view.dims[i];
    if (i == channels || dim.empty()) continue;
    const int axis = dim.front().axis;
    if (axis != kChannels && dim == whole_axis(axis, extents[static_cast<std::size_t>(axis)])) {
      placement[static_cast<std::size_t>(axis)] = {i};
    } else {
      homeless.push_back(i);
    }
  }
  for (const std::size_t dim : homeless) {
    std::size_t axis = kTime;
    while (axis < kChannels && !placement[axis].empty()) ++axis;
    placement[axis == kChannels ? std::size_t{kTime} : axis].push_back(dim);
  }
  return placement;
}

std::vector<Move> moves(const std::vector<Piece>& from, const std::vector<Piece>& to) {
  std::vector<Run> runs = runs_of(from, to);
  std::vector<Move> result;
  if (runs.size() < 2) return result;
  if (runs.size() <= kAxes) return {move_of(runs)};
  // Block by block: what belongs at place `i` is taken from behind, with what follows it there, too.
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::size_t begin = i;
    while (runs[begin].place != i) ++begin;
    if (begin == i) continue;
    std::size_t end = begin + 1;
    while (end < runs.size() && runs[end].place == runs[end - 1].place + 1) ++end;
    result.push_back({.extents = {extent_between(runs, 0, i), extent_between(runs, i, begin),
                                  extent_between(runs, begin, end), extent_between(runs, end, runs.size())},
                      .order = {0, 2, 1, 3}});
    std::rotate(runs.begin() + static_cast<std::ptrdiff_t>(i),
                runs.begin() + static_cast<std::ptrdiff_t>(begin),
                runs.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return result;
}

}  // namespace actionflow::onnx
