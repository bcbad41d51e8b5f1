#include "models/graph/advancing.h"

#include <gtest/gtest.h>

#include <limits>

#include "models/graph/traits.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/networks.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

const Convolution kCausal{.filters = 4, .kernel = {3, 1, 1}, .dilation = {2, 1, 1}, .pad_begin = {4, 0, 0}};

std::size_t histories(const Graph& graph) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(),
                    [](const GraphNode& node) { return std::holds_alternative<History>(node.operation); }));
}

TEST(Advancing, PutsAHistoryBeforeWhatReachesIntoThePast) {
  GraphMaker make({2, 9, 4, 4});
  make.activation(make.convolution(-1, kCausal), ActivationKind::relu);
  const Graph graph = advancing(make.graph, 3);
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.input, (Extents{2, 3, 4, 4}));
  EXPECT_EQ(std::get<History>(graph.nodes[0].operation), (History{4, 0}));
  EXPECT_EQ(graph.nodes[0].extents, (Extents{2, 7, 4, 4}));
  EXPECT_EQ(std::get<Convolution>(graph.nodes[1].operation).pad_begin, (Axes{0, 0, 0}));
  EXPECT_EQ(graph.nodes[1].extents, (Extents{4, 3, 4, 4}));
  EXPECT_EQ(graph.nodes[1].parameters, make.graph.nodes[0].parameters);
  EXPECT_EQ(graph.output, 2);
}

TEST(Advancing, LeavesWhatSeesEachSampleByItself) {
  GraphMaker make({2, 9, 4, 4});
  const int conv =
      make.convolution(-1, {.filters = 3, .kernel = {1, 3, 3}, .pad_begin = {0, 1, 1}, .pad_end = {0, 1, 1}});
  make.add(Reshape{{48, 9, 1, 1}}, {conv}, {48, 9, 1, 1});
  const Graph graph = advancing(make.graph, 1);
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].operation, make.graph.nodes[0].operation);
  EXPECT_EQ(std::get<Reshape>(graph.nodes[1].operation).to, (Extents{48, 1, 1, 1}));
}

TEST(Advancing, ReadersOfTheSameStretchShareItsHistory) {
  GraphMaker make({4, 9, 1, 1});
  const int one = make.convolution(-1, kCausal), two = make.convolution(-1, kCausal);
  Convolution wider = kCausal;
  wider.dilation[0] = 3;
  wider.pad_begin[0] = 6;
  make.add(Concat{}, {one, two, make.convolution(-1, wider), -1}, {16, 9, 1, 1});
  EXPECT_EQ(histories(advancing(make.graph, 1)), 2U);
}

// A maximum leaves out what stands before the first sample.
TEST(Advancing, AHistoryBeginsWithWhatPaddingCountsAs) {
  GraphMaker make({2, 9, 1, 1});
  make.pooling(-1, {.kernel = {3, 1, 1}, .pad_begin = {2, 0, 0}});
  const Graph graph = advancing(make.graph, 9);
  EXPECT_EQ(std::get<History>(graph.nodes[0].operation).outside, -std::numeric_limits<float>::infinity());
  const Tensor clip = make.clip();
  EXPECT_EQ(deviation(reference(graph, make.weights.tensors, clip),
                      reference(make.graph, make.weights.tensors, clip))
                .largest,
            0);
}

TEST(Advancing, ComputesEverySampleOnce) {
  const Architecture net = shipped_network("air_stream");
  const Graph graph = advancing(net.graph, 5);
  EXPECT_EQ(histories(graph), 7U);
  std::int64_t macs = 0;
  for (const GraphNode& node : graph.nodes) macs += traits(graph, node).multiply_accumulates;
  EXPECT_EQ(macs * net.input.frames, net.macs() * 5);
}

}  // namespace
}  // namespace actionflow::testing
