#include "models/formats/onnx/operators/axis_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace actionflow::onnx {
namespace {

AxisView clip_view(const AxisExtents& extents) {
  return {{{},
           whole_axis(kChannels, extents[kChannels]),
           whole_axis(kTime, extents[kTime]),
           whole_axis(kHeight, extents[kHeight]),
           whole_axis(kWidth, extents[kWidth])}};
}

TEST(AxisView, ATransposeAndItsInverseAreNothing) {
  const AxisView view = clip_view({4, 5, 6, 3});
  const AxisView last = transposed(view, {0, 2, 3, 4, 1});
  EXPECT_EQ(last.shape(), (Shape{1, 4, 5, 6, 3}));
  EXPECT_EQ(transposed(last, {0, 4, 1, 2, 3}), view);
}

TEST(AxisView, PiecesOfAnAxisJoinAgain) {
  const AxisView view = clip_view({4, 5, 6, 12});
  const AxisView split = reshaped(view, {1, 3, 4, 20, 6}).value();
  EXPECT_EQ(split.dims[1], (Dim{{kChannels, 3, 4}}));
  EXPECT_EQ(split.dims[2], (Dim{{kChannels, 4, 1}}));
  EXPECT_EQ(split.dims[3], (Dim{{kTime, 4, 1}, {kHeight, 5, 1}}));
  EXPECT_EQ(reshaped(split, {1, 12, 4, 5, 6}).value(), view);
}

TEST(AxisView, NewAxesMayCutWhereOldOnesDidNot) {
  const AxisView split = reshaped(clip_view({1, 1, 1, 12}), {4, 3}).value();
  EXPECT_EQ(reshaped(split, {6, 2}).value().dims,
            (std::vector<Dim>{{{kChannels, 6, 2}}, {{kChannels, 2, 1}}}));
}

TEST(AxisView, AxesThatEndInsideAPieceCannotBeSeen) {
  EXPECT_FALSE(reshaped(clip_view({1, 1, 2, 6}), {4, 3}).has_value());
}

// What moves() does to elements numbered in memory's order.
std::vector<int> moved(std::vector<int> values, const std::vector<Move>& moves) {
  for (const Move& move : moves) {
    std::array<std::int64_t, kAxes> strides{1, 1, 1, 1}, extents{}, steps{};
    for (std::size_t i = kAxes; i-- > 1;) strides[i - 1] = strides[i] * move.extents[i];
    for (std::size_t i = 0; i < kAxes; ++i) {
      extents[i] = move.extents[static_cast<std::size_t>(move.order[i])];
      steps[i] = strides[static_cast<std::size_t>(move.order[i])];
    }
    std::vector<int> next;
    for (std::int64_t a = 0; a < extents[0]; ++a)
      for (std::int64_t b = 0; b < extents[1]; ++b)
        for (std::int64_t c = 0; c < extents[2]; ++c)
          for (std::int64_t d = 0; d < extents[3]; ++d)
            next.push_back(
                values[static_cast<std::size_t>(a * steps[0] + b * steps[1] + c * steps[2] + d * steps[3])]);
    values = std::move(next);
  }
  return values;
}

// The elements in the order of pieces, each axis of ours counting as memory does.
std::vector<int> in_order(const std::vector<Piece>& pieces, const AxisExtents& extents) {
  std::vector<int> values;
  std::int64_t size = 1;
  for (const Piece& piece : pieces) size *= piece.extent;
  for (std::int64_t i = 0; i < size; ++i) {
    AxisExtents at{};
    std::int64_t rest = i;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
      at[static_cast<std::size_t>(piece->axis)] += rest % piece->extent * piece->stride;
      rest /= piece->extent;
    }
    values.push_back(
        static_cast<int>(((at[0] * extents[1] + at[1]) * extents[2] + at[2]) * extents[3] + at[3]));
  }
  return values;
}

TEST(AxisView, MovesBringAnyOrderOfPiecesAbout) {
  std::mt19937 random(7);
  const AxisExtents extents{4, 6, 3, 8};
  for (int round = 0; round < 200; ++round) {
    AxisView view = reshaped(clip_view(extents), {2, 4, 2, 2, 3, 2, 3, 2}).value_or(clip_view(extents));
    std::vector<std::int64_t> order(view.dims.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    view = transposed(view, order);
    Placement placement;
    for (std::size_t i = 0; i < view.dims.size(); ++i) placement[random() % kAxes].push_back(i);
    const std::vector<Piece> from = in_memory(view), to = placed(view, placement);
    std::vector<int> values(static_cast<std::size_t>(extents[0] * extents[1] * extents[2] * extents[3]));
    std::iota(values.begin(), values.end(), 0);
    EXPECT_EQ(moved(values, moves(from, to)), in_order(to, extents));
  }
}

TEST(AxisView, WhatLiesRightIsNotMoved) {
  const AxisView view = clip_view({4, 6, 3, 8});
  EXPECT_TRUE(moves(in_memory(view), placed(view, with_channels(view, {4, 6, 3, 8}, 1))).empty());
}

}  // namespace
}  // namespace actionflow::onnx
