// What exporters write in parts becomes the operation that it is: a network and its operations for each
// pattern. That the results are ONNX Runtime's, too, is what onnx_golden_test.cpp shows of the same files.
#include <gtest/gtest.h>

#include <algorithm>

#include "models/formats/weight_files.h"
#include "models/graph/graph.h"
#include "tests/test_data.h"

namespace actionflow::testing {
namespace {

Graph imported(const std::string& name) {
  return load_model(golden("onnx_networks/" + name + "/network.onnx")).architecture.graph;
}

template <class Kind>
std::vector<Kind> all_of(const Graph& graph) {
  std::vector<Kind> found;
  for (const GraphNode& node : graph.nodes)
    if (const Kind* operation = std::get_if<Kind>(&node.operation)) found.push_back(*operation);
  return found;
}

// As both of PyTorch's exporters write it.
class OnnxIdiom : public ::testing::TestWithParam<std::string> {
 protected:
  static Graph network(const std::string& name) { return imported(name + GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Exporters, OnnxIdiom, ::testing::Values("", "_export"),
                         [](const auto& one) { return one.param.empty() ? "scripted" : "exported"; });

TEST_P(OnnxIdiom, AttentionAmongAllPositions) {
  for (const char* name : {"attention", "attention_by_einsum", "videomae"}) {
    const auto found = all_of<Attention>(network(name));
    ASSERT_FALSE(found.empty()) << name;
    for (const Attention& attention : found) EXPECT_EQ(attention.window, (Axes{0, 0, 0})) << name;
    EXPECT_TRUE(all_of<MatMul>(network(name)).empty()) << name;
  }
}

TEST_P(OnnxIdiom, AttentionInSpaceAndInTime) {
  const auto found = all_of<Attention>(network("attention_in_frames_then_in_time"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].window, (Axes{1, 0, 0}));
  EXPECT_EQ(found[1].window, (Axes{0, 1, 1}));
}

TEST_P(OnnxIdiom, WindowsRolledAlongAllAxesWithABiasByDistance) {
  const Graph graph = network("rolled_windows");
  const auto found = all_of<Attention>(graph);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].window, (Axes{2, 2, 3}));
  EXPECT_EQ(found[0].shift, (Axes{1, 1, 2}));
  EXPECT_EQ(found[0].bias, Attention::Bias::table);
  EXPECT_EQ(found[0].table, (Axes{2, 2, 3}));
  // Nothing is left of the windows' cutting and rolling.
  EXPECT_TRUE(all_of<MatMul>(graph).empty());
  EXPECT_TRUE(all_of<Permute>(graph).empty());
  EXPECT_TRUE(all_of<Slice>(graph).empty());
}

TEST_P(OnnxIdiom, ABiasThatIsNotByDistanceStaysAGeneralProduct) {
  const Graph graph = network("windows_with_a_bias_of_their_own");
  EXPECT_TRUE(all_of<Attention>(graph).empty());
  EXPECT_EQ(all_of<MatMul>(graph).size(), 2U);
}

TEST_P(OnnxIdiom, WhatIsRolledBackBehindALayerThatWorksAtEachPositionIsNotRolled) {
  const Graph graph = network("rolled");
  // Of two rolls along two axes each, one is left: two parts an axis.
  EXPECT_EQ(all_of<Slice>(graph).size(), 4U);
}

TEST_P(OnnxIdiom, GeluByTanh) {
  const auto found = all_of<Activation>(network("tanh_gelu"));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].kind, ActivationKind::gelu_tanh);
  EXPECT_EQ(found[1].kind, ActivationKind::gelu);
}

TEST(OnnxIdioms, NormAndGeluInParts) {
  const Graph graph = imported("norm_and_gelu_in_parts");
  EXPECT_EQ(all_of<LayerNorm>(graph).size(), 2U);
  const auto found = all_of<Activation>(graph);
  ASSERT_EQ(found.size(), 2U);
  for (const Activation& activation : found) EXPECT_EQ(activation.kind, ActivationKind::gelu_tanh);
}

TEST(OnnxIdioms, KerasLayerNormIsOneLayerWithItsWeights) {
  const Graph graph = imported("keras_gated_and_normalised");
  EXPECT_EQ(all_of<LayerNorm>(graph).size(), 1U);
  EXPECT_EQ(all_of<BatchNorm>(graph).size(), 1U) << "Keras' own; none for the norm's scale and shift";
}

TEST_P(OnnxIdiom, QueriesKeysAndValuesOfOneLayerAreReadFromIt) {
  const Graph graph = network("swin3d");
  const auto found = all_of<Attention>(graph);
  EXPECT_EQ(found.size(), 4U);
  EXPECT_EQ(std::count_if(found.begin(), found.end(),
                          [](const Attention& attention) {
                            return attention.shift != Axes{0, 0, 0};
                          }),
            2);
  for (const GraphNode& node : graph.nodes) {
    if (std::holds_alternative<Attention>(node.operation)) {
      EXPECT_EQ(node.inputs.size(), 1U);
    }
  }
}

TEST(OnnxIdioms, PooledAttentionWithDecomposedDistancesAndItsQueriesAdded) {
  const Graph graph = imported("mvit_export");
  const auto found = all_of<Attention>(graph);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(all_of<MatMul>(graph).empty());
  for (const Attention& attention : found) {
    EXPECT_EQ(attention.bias, Attention::Bias::decomposed);
    EXPECT_TRUE(attention.class_token);
    EXPECT_TRUE(attention.add_query);
  }
  EXPECT_EQ(found[0].query_map, (Axes{2, 8, 8}));
  EXPECT_EQ(found[0].key_map, (Axes{2, 2, 2}));
  EXPECT_EQ(found[1].query_map, (Axes{2, 4, 4}));
  EXPECT_EQ(found[1].key_map, (Axes{2, 4, 4}));
  // Each head's norm is one layer norm in groups.
  const auto norms = all_of<LayerNorm>(graph);
  EXPECT_EQ(std::count_if(norms.begin(), norms.end(), [](const LayerNorm& norm) { return norm.groups == 2; }),
            3);
}

}  // namespace
}  // namespace actionflow::testing
