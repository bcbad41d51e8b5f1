// Steps that run as one kernel: which do, and that networks say the same.
#include "models/plan/join.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/network/network.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

// Expand, depthwise, squeeze-excite, swish, project, as X3D's blocks, behind a first convolution.
struct Block {
  GraphMaker make{{3, 5, 12, 14}};
  int narrow, wide, deep, gated, out;

  explicit Block(Convolution depthwise_as = {}) {
    // Padded in time, so that windows that overlap share nothing of what follows.
    narrow = make.convolution(
        -1, {.filters = 20, .kernel = {3, 3, 3}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}});
    wide = make.activation(make.batch_norm(make.convolution(narrow, {.filters = 54})), ActivationKind::relu);
    Convolution depthwise = depthwise_as;
    depthwise.filters = 54;
    depthwise.groups = 54;
    if (depthwise_as == Convolution{}) {
      depthwise.kernel = {3, 3, 3};
      depthwise.pad_begin = depthwise.pad_end = {1, 1, 1};
    }
    deep = make.batch_norm(make.convolution(wide, depthwise));
    const Extents one{54, 1, 1, 1};
    const int squeezed = make.convolution(make.add(Reduction{}, {deep}, one), {.filters = 8});
    const int gate = make.activation(make.convolution(squeezed, {.filters = 54}), ActivationKind::sigmoid);
    gated = make.add(Elementwise{Elementwise::Kind::multiply}, {deep, gate}, make.graph.extents(deep));
    const int swish = make.activation(gated, ActivationKind::silu);
    out = make.convolution(swish, {.filters = 20});
    if (make.graph.extents(out) == make.graph.extents(narrow))
      out = make.activation(
          make.add(Elementwise{Elementwise::Kind::add}, {narrow, out}, make.graph.extents(out)),
          ActivationKind::relu);
    make.convolution(out, {.filters = 4});
  }

  std::vector<FusedStep> steps(const std::vector<int>& kept = {}) const {
    const Graph& graph = make.graph;
    const auto layouts = value_layouts(graph, 1, kernels::ElementType::f32);
    std::vector<bool> keep(graph.nodes.size(), false);
    for (const int node : kept) keep[static_cast<std::size_t>(node)] = true;
    return join(graph, layouts, keep, fuse(graph, layouts, keep));
  }

  int joined(const std::vector<int>& kept = {}) const {
    int count = 0;
    for (const FusedStep& step : steps(kept)) count += step.second != 0 ? 1 : 0;
    return count;
  }
};

std::vector<std::string> implementations(const Network& network) {
  std::vector<std::string> result;
  for (const PlanStep& step : network.measure_plan(1)) result.push_back(step.implementation);
  return result;
}

TEST(Join, OfABlockTheWideValuesDoNotStandInMemory) {
  const Block block;
  EXPECT_EQ(block.joined(), 2);
  for (const FusedStep& step : block.steps()) {
    EXPECT_NE(step.nodes.back(), block.wide);
    EXPECT_NE(step.nodes.back(), block.gated);
  }
}

TEST(Join, EveryNodeIsInOneStepBehindWhatItReads) {
  const Block block;
  std::vector<int> seen(block.make.graph.nodes.size(), 0);
  std::vector<bool> made(seen.size(), false);
  for (const FusedStep& step : block.steps()) {
    for (const int node : step.nodes) ++seen[static_cast<std::size_t>(node)];
    std::vector<int> inputs = block.make.graph.nodes[static_cast<std::size_t>(step.nodes[0])].inputs;
    inputs.insert(inputs.end(), step.operands.begin(), step.operands.end());
    for (const int input : inputs) EXPECT_TRUE(input < 0 || made[static_cast<std::size_t>(input)]) << input;
    made[static_cast<std::size_t>(step.nodes.back())] = true;
  }
  EXPECT_THAT(seen, ::testing::Each(1));
}

TEST(Join, WhatIsKeptStandsInMemory) {
  const Block block;
  EXPECT_EQ(block.joined({block.wide}), 1);
  EXPECT_EQ(block.joined({block.gated}), 1);
  EXPECT_EQ(block.joined({block.wide, block.gated}), 0);
}

TEST(Join, WhatAnotherReadsStandsInMemory) {
  Block block;
  block.make.add(Concat{ValueAxis::c}, {block.wide, block.gated}, {108, 5, 12, 14});
  EXPECT_EQ(block.joined(), 0);
}

TEST(Join, WhatComesInPiecesStandsInMemory) {
  const Block causal({.kernel = {3, 3, 3}, .pad_begin = {2, 1, 1}, .pad_end = {0, 1, 1}});
  EXPECT_EQ(causal.joined(), 1);
}

TEST(Join, NetworksSayWhatTheReferenceSays) {
  for (const Convolution& depthwise :
       {Convolution{},
        Convolution{.kernel = {3, 3, 3}, .stride = {1, 2, 2}, .pad_begin = {1, 1, 1}, .pad_end = {1, 1, 1}},
        Convolution{.kernel = {1, 5, 5}, .pad_begin = {0, 2, 2}, .pad_end = {0, 2, 2}}}) {
    const GraphMaker make = Block(depthwise).make;
    for (const std::int64_t batch : {1, 3}) {
      const Tensor clip = make.clip(batch);
      const auto network =
          Network::compile(make.architecture(), make.weights, {.threads = 2, .batch = batch});
      Workspace workspace(*network);
      EXPECT_LT(
          deviation(network->predict(clip, workspace), reference(make.graph, make.weights.tensors, clip))
              .largest,
          1e-5);
    }
  }
}

TEST(Join, APlanShowsIt) {
  const GraphMaker make = Block().make;
  const auto network = Network::compile(make.architecture(), make.weights, {.threads = 1});
  EXPECT_THAT(implementations(*network), ::testing::Contains(HasSubstr("expand+depthwise")));
  EXPECT_THAT(implementations(*network), ::testing::Contains(HasSubstr("gate+dense")));
}

TEST(Join, ResultsDoNotDependOnTheNumberOfThreads) {
  const GraphMaker make = Block().make;
  const Tensor clip = make.clip();
  const auto said = [&](int threads) {
    const auto network = Network::compile(make.architecture(), make.weights, {.threads = threads});
    Workspace workspace(*network);
    const Tensor result = network->predict(clip, workspace);
    return std::vector<float>(result.values().begin(), result.values().end());
  };
  EXPECT_EQ(said(1), said(2));
  EXPECT_EQ(said(1), said(7));
}

}  // namespace
}  // namespace actionflow::testing
