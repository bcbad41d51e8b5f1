#include "models/graph/window_sharing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/graph/advancing.h"
#include "models/graph/traits.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/networks.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Convolution kValid{.filters = 4, .kernel = {3, 1, 1}};

std::vector<History> histories(const Graph& graph) {
  std::vector<History> list;
  for (const GraphNode& node : graph.nodes)
    if (const auto* history = std::get_if<History>(&node.operation)) list.push_back(*history);
  return list;
}

std::int64_t macs(const Graph& graph) {
  std::int64_t sum = 0;
  for (const GraphNode& node : graph.nodes) sum += traits(graph, node).multiply_accumulates;
  return sum;
}

TEST(WindowSharing, GoesUpToWhatSeesTheWindowAsAWhole) {
  GraphMaker make({2, 16, 4, 4});
  const int conv = make.convolution(-1, kValid);
  const int pool = make.pooling(conv, {.kernel = {2, 1, 1}, .stride = {2, 1, 1}});
  const int mean = make.add(Reduction{}, {pool}, {4, 1, 1, 1});
  make.dense(mean, 3);
  EXPECT_THAT(sample_strides(make.graph), ElementsAre(1, 2, 0, 0));
  EXPECT_THAT(window_borders(make.graph), ElementsAre(false, true, false, false));
  EXPECT_THAT(new_steps(make.graph, 4), ElementsAre(4, 2, 0, 0));
}

TEST(WindowSharing, EndsAtPaddingInTime) {
  GraphMaker make({2, 16, 4, 4});
  const int frame = make.convolution(-1, {.filters = 4, .kernel = {1, 3, 3}});
  make.convolution(frame, {.filters = 4, .kernel = {3, 1, 1}, .pad_begin = {1, 0, 0}, .pad_end = {1, 0, 0}});
  EXPECT_THAT(new_steps(make.graph, 4), ElementsAre(4, 0));
}

// Its gate is another one in each window.
TEST(WindowSharing, EndsAtASqueezeExciteOverTheWindow) {
  GraphMaker make({2, 16, 4, 4});
  const int conv = make.convolution(-1, kValid);
  const int mean = make.add(Reduction{}, {conv}, {4, 1, 1, 1});
  const int gate = make.activation(make.dense(mean, 4), ActivationKind::sigmoid);
  make.add(Elementwise{.kind = Elementwise::Kind::multiply}, {conv, gate}, make.graph.extents(conv));
  EXPECT_THAT(new_steps(make.graph, 4), ElementsAre(4, 0, 0, 0, 0));
}

// Of two steps in a window eight samples apart, none is in the window eight samples later but one.
TEST(WindowSharing, LeavesOutWhatHasNothingLeftFromTheWindowBefore) {
  GraphMaker make({2, 16, 4, 4});
  const Pooling pool{.kernel = {4, 1, 1}, .stride = {4, 1, 1}};
  const int four = make.pooling(-1, pool);
  make.convolution(four, {.filters = 4, .kernel = {3, 1, 1}});
  EXPECT_THAT(new_steps(make.graph, 4), ElementsAre(1, 1));
  EXPECT_THAT(new_steps(make.graph, 8), ElementsAre(2, 0));
}

TEST(WindowSharing, SaysWhyThereIsNone) {
  GraphMaker make({2, 16, 4, 4});
  make.pooling(-1, {.kernel = {2, 1, 1}, .stride = {2, 1, 1}});
  EXPECT_EQ(why_nothing_shared(make.graph, 4), "");
  EXPECT_THAT(why_nothing_shared(make.graph, 3), HasSubstr("expected a hop that is a multiple of 2, not 3"));
  EXPECT_THAT(why_nothing_shared(make.graph, 16), HasSubstr("16 samples apart have none in common"));
  EXPECT_THAT(why_nothing_shared(shipped_network("robust_3d").graph, 2),
              HasSubstr("begins with 'stage1.conv', which pads each window in time"));
  GraphMaker wide({2, 16, 4, 4});
  wide.convolution(-1, {.filters = 4, .kernel = {13, 1, 1}});
  EXPECT_THAT(why_nothing_shared(wide.graph, 4), HasSubstr("no step that windows 4 samples apart have"));
  GraphMaker whole({2, 16, 4, 4});
  whole.flatten(-1);
  EXPECT_THAT(why_nothing_shared(whole.graph, 2), HasSubstr("which sees each window as a whole"));
}

TEST(AdvancingWindows, KeepsWhatOperationsReachBackTo) {
  GraphMaker make({2, 16, 4, 4});
  const int conv = make.convolution(-1, kValid);
  make.add(Reduction{}, {conv}, {4, 1, 1, 1});
  const AdvancingWindows windows = advancing_windows(make.graph, 4);
  EXPECT_EQ(windows.graph.input, (Extents{2, 4, 4, 4}));
  EXPECT_THAT(histories(windows.graph), ElementsAre(History{2, 0}, History{10, 0}));
  EXPECT_THAT(windows.nodes, ElementsAre(1, 3));
  EXPECT_EQ(windows.graph.nodes[1].extents, (Extents{4, 4, 4, 4}));
  EXPECT_EQ(windows.graph.nodes[2].extents, make.graph.extents(conv));
  EXPECT_EQ(windows.graph.output, 3);
}

// The last of eleven samples is one too few for another pair, so pairs are those of the window's beginning.
TEST(AdvancingWindows, CountStepsFromTheWindowsBeginning) {
  GraphMaker make({2, 11, 1, 1});
  const int pool = make.pooling(-1, {.kernel = {2, 1, 1}, .stride = {2, 1, 1}});
  make.flatten(pool);
  EXPECT_THAT(histories(advancing_windows(make.graph, 2).graph), ElementsAre(History{1, 0}, History{4, 0}));
}

TEST(AdvancingWindows, SkipWhatAStrideSkips) {
  GraphMaker make({2, 11, 1, 1});
  make.flatten(make.pooling(-1, {.kernel = {1, 1, 1}, .stride = {2, 1, 1}}));
  EXPECT_THAT(histories(advancing_windows(make.graph, 2).graph), ElementsAre(History{-1, 0}, History{5, 0}));
}

TEST(AdvancingWindows, GiveAWholeResultOfSteps) {
  GraphMaker make({2, 11, 1, 1});
  make.convolution(-1, kValid);
  const Graph graph = advancing_windows(make.graph, 2).graph;
  EXPECT_EQ(graph.extents(graph.output), make.graph.extents(make.graph.output));
}

TEST(AdvancingWindows, OfLrcnComputeTheFramesOnce) {
  const Graph& whole = shipped_network("lrcn_r18").graph;
  const std::int64_t head = 16 * 4 * 512 * (512 + 512) + 512 * 400, frames = macs(whole) - head;
  EXPECT_EQ(macs(advancing_windows(whole, 1).graph), frames / 16 + head);
}

constexpr Convolution kPadded{
    .filters = 4, .kernel = {3, 1, 1}, .pad_begin = {1, 0, 0}, .pad_end = {1, 0, 0}};

TEST(WindowSharing, ApproximatelyGoesThroughPaddingAndGates) {
  GraphMaker make({4, 16, 4, 4});
  const int conv = make.convolution(-1, kPadded);
  const int gate = make.activation(make.add(Reduction{}, {conv}, {4, 1, 1, 1}), ActivationKind::sigmoid);
  const int gated = make.add(Elementwise{Elementwise::Kind::multiply}, {gate, conv}, {4, 16, 4, 4});
  Convolution halving = kPadded;
  halving.stride = {2, 1, 1};
  const int half = make.convolution(gated, halving);
  make.dense(make.add(Reduction{}, {half}, {4, 1, 1, 1}), 3);
  EXPECT_THAT(new_steps(make.graph, 4), ElementsAre(0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(new_steps(make.graph, 4, Sharing::approximate), ElementsAre(4, 0, 0, 4, 2, 0, 0));
  EXPECT_EQ(least_hop(make.graph, Sharing::approximate), 2);
  EXPECT_NE(why_nothing_shared(make.graph, 4), "");
  EXPECT_EQ(why_nothing_shared(make.graph, 4, Sharing::approximate), "");
  EXPECT_THAT(histories(advancing_windows(make.graph, 4, Sharing::approximate).graph),
              ::testing::UnorderedElementsAre(History{1, 0}, History{12, 0}, History{1, 0}, History{6, 0}));
}

TEST(WindowSharing, ApproximatelySharesOnlyWhatHasAStepForEachOfItsStrides) {
  GraphMaker make({4, 15, 4, 4});
  Convolution halving = kPadded;
  halving.stride = {2, 1, 1};
  make.convolution(-1, halving);
  EXPECT_THAT(new_steps(make.graph, 4, Sharing::approximate), ElementsAre(0));
}

}  // namespace
}  // namespace actionflow::testing
