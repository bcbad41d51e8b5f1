// Networks cut into parts, and tables of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "models/description/inspect.h"
#include "models/graph/cuts.h"
#include "models/network/network.h"
#include "tests/models/networks.h"

namespace actionflow {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::network;
using testing::shipped_network;

std::vector<GraphPart> cut(const Architecture& net, Cut where) {
  return cut_graph(net.graph, where, net.name);
}

std::string refusal(const Architecture& net, Cut where) {
  try {
    cut(net, where);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

// Every node once, each input where the whole graph has it.
void expect_whole(const Architecture& net, const std::vector<GraphPart>& parts) {
  std::vector<int> seen(net.graph.nodes.size());
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const GraphPart& part = parts[p];
    ASSERT_EQ(part.nodes.size(), part.graph.nodes.size());
    ASSERT_EQ(part.inputs.size(), static_cast<std::size_t>(part.graph.input_count()));
    for (const int source : part.inputs) EXPECT_LT(source, static_cast<int>(p));
    for (std::size_t i = 0; i < part.nodes.size(); ++i) {
      const GraphNode& whole = net.graph.nodes[static_cast<std::size_t>(part.nodes[i])];
      const GraphNode& own = part.graph.nodes[i];
      ++seen[static_cast<std::size_t>(part.nodes[i])];
      EXPECT_EQ(own.name, whole.name);
      EXPECT_EQ(own.extents, whole.extents);
      ASSERT_EQ(own.inputs.size(), whole.inputs.size());
      for (std::size_t k = 0; k < own.inputs.size(); ++k) {
        EXPECT_LT(own.inputs[k], static_cast<int>(i));
        EXPECT_EQ(part.graph.extents(own.inputs[k]), net.graph.extents(whole.inputs[k]));
      }
    }
  }
  EXPECT_THAT(seen, ::testing::Each(1));
  EXPECT_EQ(parts.back().nodes.at(static_cast<std::size_t>(parts.back().graph.output)), net.graph.output);
}

TEST(Cuts, LeaveAnUncutNetworkWhole) {
  const Architecture net = shipped_network("robust_3d");
  const auto parts = cut(net, Cut::none);
  ASSERT_EQ(parts.size(), 1U);
  EXPECT_EQ(parts[0].graph.nodes, net.graph.nodes);
  EXPECT_EQ(parts[0].graph.output, net.graph.output);
}

TEST(Cuts, PartWhatIsComputedPerSampleFromTheRecurrence) {
  const Architecture net = shipped_network("cnn_lstm");
  const auto parts = cut(net, Cut::before_recurrent);
  ASSERT_EQ(parts.size(), 2U);
  expect_whole(net, parts);
  EXPECT_EQ(parts[0].graph.nodes.back().name, "global_average_pool_1");
  EXPECT_EQ(parts[1].graph.nodes.front().name, "lstm");
  EXPECT_EQ(parts[1].inputs, std::vector<int>{0});
  EXPECT_TRUE(parts[0].per_sample);
  EXPECT_EQ(parts[0].time_extent, 5);  // two kernels of 3
  EXPECT_EQ(parts[0].time_stride, 1);
}

TEST(Cuts, DoNotCallPaddedTimePerSample) {
  const auto parts = cut(shipped_network("cnn_lstm_rows"), Cut::before_recurrent);
  EXPECT_FALSE(parts.at(0).per_sample);
}

TEST(Cuts, CountTheReachOfStridedTime) {
  const auto parts = cut(network("  - {layer: conv3d, filters: 4, kernel: 2, stride: [2, 1, 1]}\n"
                                 "  - {layer: conv3d, filters: 4, kernel: [2, 1, 1]}\n"
                                 "  - {layer: flatten, keep_time: true}\n"
                                 "  - {layer: bidirectional, units: 3}\n"),
                         Cut::before_recurrent);
  EXPECT_TRUE(parts.at(0).per_sample);
  EXPECT_EQ(parts.at(0).time_stride, 2);
  EXPECT_EQ(parts.at(0).time_extent, 4);
}

TEST(Cuts, RunBranchesApartUpToTheirJoin) {
  const Architecture net = shipped_network("fusion_concat");
  const auto parts = cut(net, Cut::branches);
  ASSERT_EQ(parts.size(), 3U);
  expect_whole(net, parts);
  EXPECT_EQ(parts[0].inputs, std::vector<int>{-1});
  EXPECT_EQ(parts[1].inputs, std::vector<int>{-1});
  EXPECT_EQ(parts[2].inputs, (std::vector<int>{0, 1}));
  EXPECT_EQ(parts[2].graph.nodes.front().inputs, (std::vector<int>{-1, -2}));
}

TEST(Cuts, PartVideoFromPictureWhereTimeEnds) {
  for (const char* name : {"fusion_pool", "fusion_projection", "fusion_fold"}) {
    const Architecture net = shipped_network(name);
    const auto parts = cut(net, Cut::branches);
    ASSERT_EQ(parts.size(), 2U) << name;
    expect_whole(net, parts);
    EXPECT_EQ(parts[0].graph.nodes.back().name, "fusion") << name;
  }
}

TEST(Cuts, AreRefusedByNameAndReason) {
  EXPECT_THAT(refusal(shipped_network("robust_3d"), Cut::before_recurrent),
              AllOf(HasSubstr("'robust_3d'"), HasSubstr("no recurrent layer")));
  EXPECT_THAT(refusal(shipped_network("robust_3d"), Cut::branches), HasSubstr("no 2D convolution"));
  EXPECT_THAT(refusal(shipped_network("r3d_18"), Cut::branches), HasSubstr("'r3d_18' cannot be cut"));
  EXPECT_THAT(
      refusal(network("  - {layer: relu, name: seen}\n  - {layer: flatten, keep_time: true}\n"
                      "  - {layer: lstm, name: l, units: 3}\n  - {layer: multiply, from: [l, seen]}\n"),
              Cut::before_recurrent),
      HasSubstr("layers after 'flatten_1' also read layers before it"));
}

TEST(Cuts, AreChosenFromTheLayers) {
  EXPECT_EQ(natural_cut(shipped_network("cnn_lstm").graph), Cut::before_recurrent);
  EXPECT_EQ(natural_cut(shipped_network("fusion_concat").graph), Cut::branches);
  EXPECT_EQ(natural_cut(shipped_network("fusion_fold").graph), Cut::branches);
  EXPECT_EQ(natural_cut(shipped_network("robust_3d").graph), Cut::none);
  EXPECT_EQ(natural_cut(shipped_network("r3d_18").graph), Cut::none);
}

TEST(Inspect, ShowsLayersAndTotals) {
  EXPECT_THAT(layer_table(shipped_network("robust_3d")),
              AllOf(HasSubstr("stage1.conv"), HasSubstr("16×10×64×64"), HasSubstr("1,312"),
                    HasSubstr("111,946 (111,722 trainable)"), HasSubstr("152,215,552"),
                    HasSubstr("0.4 MiB of weights")));
}

TEST(Inspect, GivesOneJsonObject) {
  const auto json = nlohmann::json::parse(layers_json(shipped_network("robust_3d")));
  EXPECT_EQ(json.at("name"), "robust_3d");
  EXPECT_EQ(json.at("input"),
            (nlohmann::json{{"channels", 3}, {"frames", 10}, {"height", 64}, {"width", 64}}));
  EXPECT_EQ(json.at("classes"), 10);
  EXPECT_EQ(json.at("parameters"), 111'946);
  EXPECT_EQ(json.at("trainable_parameters"), 111'722);
  const auto& layer = json.at("layers").at(0);
  EXPECT_EQ(layer.at("output_shape"), (std::vector<int>{16, 10, 64, 64}));
  EXPECT_EQ(layer.at("macs"), 16 * 10 * 64 * 64 * 81);  // padding counted
  EXPECT_EQ(layer.at("type"), "conv3d");
}

TEST(Inspect, CountsActivationsFromMakingToLastReading) {
  // 3×6×8×8 floats: input and first relu, then both relus (the input is read again by the sum).
  const Architecture net =
      network("  - {layer: relu, name: a}\n  - {layer: relu, name: b}\n  - {layer: add, from: [b, input]}\n");
  EXPECT_EQ(activation_bytes(net.graph), 3 * 4 * 3 * 6 * 8 * 8);
}

}  // namespace
}  // namespace actionflow
