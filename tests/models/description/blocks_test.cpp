// Names, from:, blocks with parameters, repeats.
#include <gtest/gtest.h>

#include "tests/models/networks.h"

namespace actionflow {
namespace {

using testing::errors_of;
using testing::network;
using testing::operation;
using testing::result_of;

std::vector<std::string> names(const Architecture& net) {
  std::vector<std::string> list;
  for (const LayerInfo& layer : net.layers) list.push_back(layer.name);
  return list;
}

bool says(const std::string& errors, const std::string& part) {
  return errors.find(part) != std::string::npos;
}

TEST(Names, AreNumberedByKindWhereNotGiven) {
  const Architecture net = network("  - relu\n  - tanh\n  - {layer: relu, name: relu_2}\n  - relu\n");
  EXPECT_EQ(names(net), (std::vector<std::string>{"relu_1", "tanh_1", "relu_2", "relu_3"}));
}

TEST(Names, AreRefusedTwice) {
  EXPECT_PRED2(says, errors_of("  - {layer: relu, name: a}\n  - {layer: relu, name: a}\n"),
               "net.yaml:5:5: error: the name 'a' is used twice");
}

TEST(From, ReadsTheLayerBeforeUnlessTold) {
  const Architecture net = network(
      "  - {layer: conv3d, name: a, filters: 4, kernel: 1}\n"
      "  - {layer: conv3d, name: b, filters: 4, kernel: 3, padding: same}\n"
      "  - {layer: conv3d, name: c, from: input, filters: 4, kernel: 1}\n"
      "  - {layer: add, from: [b, c]}\n");
  EXPECT_EQ(net.graph.nodes[1].inputs, std::vector<int>{0});
  EXPECT_EQ(net.graph.nodes[2].inputs, std::vector<int>{-1});
  EXPECT_EQ(net.graph.nodes[3].inputs, (std::vector<int>{1, 2}));
}

TEST(From, NamesOnlyLayersBefore) {
  EXPECT_PRED2(says, errors_of("  - {layer: relu, name: first}\n  - {layer: relu, from: frist}\n"),
               "did you mean 'first'?");
  EXPECT_PRED2(says, errors_of("  - {layer: relu, from: later}\n  - {layer: relu, name: later}\n"),
               "a layer before it");
}

TEST(From, LeavesNoLayerUnread) {
  EXPECT_PRED2(says, errors_of("  - {layer: relu, name: lost}\n  - {layer: relu, from: input}\n"),
               "net.yaml:4:5: error: layer 'lost' (relu) is read by no layer");
}

const char* const kResidual =
    "blocks:\n"
    "  unit:\n"
    "    parameters: {filters: null, kernel: [1, 3, 3]}\n"
    "    layers: [{layer: conv3d, name: conv, filters: $filters, kernel: $kernel, padding: same}]\n"
    "  residual:\n"
    "    parameters: {filters: null}\n"
    "    layers:\n"
    "      - {block: unit, name: left, filters: $filters}\n"
    "      - {block: unit, name: right, from: input, filters: $filters, kernel: [$filters, 1, 1]}\n"
    "      - {layer: add, from: [left, right]}\n";

TEST(Blocks, PrefixTheirLayersAndTakeParameters) {
  const Architecture net = network("  - {block: residual, name: stage.0, filters: 2}\n", kResidual);
  EXPECT_EQ(names(net),
            (std::vector<std::string>{"stage.0.left.conv", "stage.0.right.conv", "stage.0.add_1"}));
  EXPECT_EQ(operation<Convolution>(net, 0).kernel, (Axes{1, 3, 3}));
  EXPECT_EQ(operation<Convolution>(net, 1).kernel, (Axes{2, 1, 1}));
  EXPECT_EQ(net.graph.nodes[1].inputs, std::vector<int>{-1});
}

TEST(Blocks, GiveTheirLastLayersValueUnderTheirName) {
  const Architecture net = network(
      "  - {block: residual, name: a, filters: 3}\n  - {block: residual, filters: 3}\n"
      "  - {layer: add, from: [a, residual_1]}\n",
      kResidual);
  EXPECT_EQ(net.graph.nodes.back().inputs, (std::vector<int>{2, 5}));
}

TEST(Blocks, StandOneAfterAnotherWhenRepeated) {
  const Architecture net =
      network("  - {block: unit, name: u, filters: 4, repeat: 3}\n  - {layer: relu, from: u}\n", kResidual);
  EXPECT_EQ(names(net), (std::vector<std::string>{"u.0.conv", "u.1.conv", "u.2.conv", "relu_1"}));
  EXPECT_EQ(net.graph.nodes[3].inputs, std::vector<int>{2});
}

TEST(Blocks, MayHaveSeveralInputs) {
  const Architecture net = network(
      "  - {layer: relu, name: a}\n  - {layer: tanh, name: b, from: input}\n  - {block: meet, from: [a, "
      "b]}\n",
      "blocks:\n  meet: {inputs: [slow, fast], layers: [{layer: concat, from: [fast, slow]}]}\n");
  EXPECT_EQ(net.graph.nodes.back().inputs, (std::vector<int>{1, 0}));
  EXPECT_PRED2(says, errors_of("  - {block: meet}\n", "blocks:\n  meet: {inputs: [a, b], layers: [relu]}\n"),
               "has 1 inputs");
}

TEST(Blocks, SeeOnlyTheirOwnLayers) {
  EXPECT_PRED2(says,
               errors_of("  - {layer: relu, name: outside}\n  - {block: b}\n",
                         "blocks:\n  b: {layers: [{layer: relu, from: outside}]}\n"),
               "in the same block");
}

TEST(Blocks, SayWhichParameterIsMissingOrUnknown) {
  EXPECT_PRED2(says, errors_of("  - {block: unit, name: u}\n", kResidual),
               "block 'u' (unit) needs 'filters'");
  EXPECT_PRED2(says, errors_of("  - {block: unit, filters: 3, kernal: 1}\n", kResidual),
               "did you mean 'kernel'?");
  EXPECT_PRED2(says,
               errors_of("  - {block: b}\n",
                         "blocks:\n  b: {parameters: {size: 1}, layers: [{layer: dropout, rate: $sise}]}\n"),
               "did you mean '$size'?");
  EXPECT_PRED2(says, errors_of("  - {block: untit, filters: 3}\n", kResidual), "did you mean 'unit'?");
}

TEST(Blocks, MayNotContainThemselves) {
  EXPECT_PRED2(
      says,
      errors_of("  - {block: a}\n", "blocks:\n  a: {layers: [{block: b}]}\n  b: {layers: [{block: a}]}\n"),
      "block 'a' contains itself");
}

TEST(Blocks, AreCountedBeforeTheyGrow) {
  std::string blocks = "blocks:\n  b0: {layers: [relu]}\n";
  for (int i = 1; i < 15; ++i) {
    blocks +=
        "  b" + std::to_string(i) + ": {layers: [{block: b" + std::to_string(i - 1) + ", repeat: 10000}]}\n";
  }
  EXPECT_PRED2(says, errors_of("  - {block: b14, repeat: 10000}\n", blocks), "more than 10000 layers");
}

}  // namespace
}  // namespace actionflow
