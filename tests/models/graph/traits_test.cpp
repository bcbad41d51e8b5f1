#include "models/graph/traits.h"

#include <gtest/gtest.h>

#include <limits>

namespace actionflow::testing {
namespace {

Traits traits_of_node(const Operation& operation, const Extents& in, const Extents& out) {
  Graph graph;
  graph.input = in;
  GraphNode node;
  node.operation = operation;
  node.inputs = {-1};
  node.extents = out;
  return traits(graph, node);
}

TEST(Traits, AConvolutionTellsItsWindowInTimeWithStrideDilationAndPadding) {
  const Convolution conv{
      .filters = 4, .kernel = {3, 1, 1}, .stride = {2, 1, 1}, .dilation = {2, 1, 1}, .pad_begin = {4, 0, 0}};
  const Traits own = traits_of_node(conv, {2, 8, 1, 1}, {4, 4, 1, 1});
  ASSERT_TRUE(own.time.has_value());
  EXPECT_EQ(own.time->stride, 2);
  EXPECT_EQ(own.time->extent, 5);
  EXPECT_TRUE(own.time->padded());
  EXPECT_EQ(own.multiply_accumulates, 4 * 4 * 2 * 3);
}

TEST(Traits, WhatSeesAllStepsHasNoWindowInTime) {
  const Extents clip{8, 5, 4, 4}, frame{8, 1, 4, 4}, sequence{8, 5, 1, 1};
  EXPECT_FALSE(traits_of_node(Reduction{.space = false}, clip, frame).time);
  EXPECT_TRUE(traits_of_node(Reduction{.time = false}, clip, sequence).time);
  EXPECT_TRUE(traits_of_node(Reduction{}, frame, {8, 1, 1, 1}).time);
  EXPECT_FALSE(traits_of_node(Recurrent{.units = 3, .sequence = true}, sequence, {3, 5, 1, 1}).time);
  EXPECT_FALSE(traits_of_node(Slice{}, clip, frame).time);
  EXPECT_FALSE(traits_of_node(SelectFrames{}, clip, frame).time);
  EXPECT_FALSE(traits_of_node(Permute{.order = {1, 0, 2, 3}}, clip, {8, 4, 5, 4}).time);
  EXPECT_FALSE(traits_of_node(Reshape{{640, 1, 1, 1}}, clip, {640, 1, 1, 1}).time);
}

TEST(Traits, ASampleIsPartOfItsClipsMemory) {
  EXPECT_EQ(traits_of_node(Slice{ValueAxis::t, 3}, {8, 5, 4, 4}, {8, 1, 4, 4}).first, 48);
}

TEST(Traits, ASingleSampleIsAView) {
  const Traits own = traits_of_node(SelectFrames{{3}}, {8, 5, 4, 4}, {8, 1, 4, 4});
  EXPECT_EQ(own.view, View::part);
  EXPECT_EQ(own.first, 48);
}

TEST(Traits, SamplesAtALowerRateAreAStrideInTime) {
  const auto time_of = [](const std::vector<int>& frames, std::int64_t steps) {
    return traits_of_node(SelectFrames{frames}, {8, steps, 4, 4},
                          {8, static_cast<std::int64_t>(frames.size()), 4, 4})
        .time;
  };
  ASSERT_TRUE(time_of({0, 4, 8}, 12));
  EXPECT_EQ(time_of({0, 4, 8}, 12)->stride, 4);
  EXPECT_EQ(time_of({0, 1, 2}, 3)->stride, 1);
  EXPECT_FALSE(time_of({0, 4}, 12)) << "the last window is left out";
  EXPECT_FALSE(time_of({1, 5, 9}, 12)) << "the first one is not the first sample";
  EXPECT_FALSE(time_of({0, 4, 9}, 12));
}

TEST(Traits, AShiftInTimeSeesItsNeighbours) {
  const Extents clip{8, 5, 4, 4};
  const auto both =
      traits_of_node(TimeShift{.next = 1, .previous = 1, .pad_begin = 1, .pad_end = 1}, clip, clip);
  EXPECT_EQ(both.time->extent, 3);
  EXPECT_TRUE(both.time->padded());
  const auto past = traits_of_node(TimeShift{.previous = 1}, clip, {8, 4, 4, 4});
  EXPECT_EQ(past.time->extent, 2);
  EXPECT_FALSE(past.time->padded());
}

TEST(Traits, DropoutIsTheSameValueWhereItDropsNothing) {
  const Extents vector{8, 1, 1, 1};
  for (const float rate : {0.0F, 0.5F}) {
    const Traits own = traits_of_node(Dropout{rate}, vector, vector);
    EXPECT_EQ(own.view, View::same);
    EXPECT_EQ(own.only_in_training, rate != 0);
  }
}

TEST(Traits, CostsSaturate) {
  const std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_EQ(traits_of_node(Dense{.units = huge}, {huge, 1, 1, 1}, {huge, 1, 1, 1}).multiply_accumulates,
            std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace actionflow::testing
