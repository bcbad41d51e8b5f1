// What keeps model files short: computed parameters, layers that stand only sometimes, numbered repeats,
// defaults of a kind, and files that extend others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/models/networks.h"
#include "tests/models/scratch_folder.h"

namespace actionflow {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::errors_of;
using ::testing::HasSubstr;
using testing::network;
using testing::operation;
using testing::ScratchFolder;

std::vector<std::string> layer_names(const Architecture& net) {
  std::vector<std::string> list;
  for (const LayerInfo& layer : net.layers) list.push_back(layer.name);
  return list;
}

std::int64_t filters(const Architecture& net, std::size_t node) {
  return operation<Convolution>(net, node).filters;
}

const char* const kBlocks =
    "blocks:\n"
    "  unit:\n"
    "    parameters: {width: null, inner: $width * 2, kernel: 3, projected: false}\n"
    "    layers:\n"
    "      - {layer: conv3d, name: shortcut, when: $projected, filters: $width, kernel: 1}\n"
    "      - {layer: conv3d, name: conv, from: input, filters: $inner, kernel: [1, $kernel, 1], "
    "padding: [0, $kernel / 2, 0]}\n"
    "      - {layer: conv3d, name: out, filters: $width, kernel: 1}\n"
    "      - {layer: add, name: sum, from: [shortcut, out]}\n";

TEST(ComputedParameters, StandInOptionsAndInDefaults) {
  const Architecture net = network("  - {block: unit, name: a, width: 3}\n", kBlocks);
  EXPECT_EQ(filters(net, 0), 6);
  EXPECT_EQ(operation<Convolution>(net, 0).pad_begin, (Axes{0, 1, 0}));
  EXPECT_EQ(filters(network("  - {block: unit, name: a, width: 3, inner: 5}\n", kBlocks), 0), 5);
}

TEST(ComputedParameters, SayWhatIsWrongAndWhere) {
  EXPECT_THAT(errors_of("  - {block: unit, width: 3, kernel: [1, 1]}\n", kBlocks),
              AllOf(HasSubstr("'$kernel / 2' calculates with $kernel, which is not a whole number"),
                    HasSubstr("net.yaml:10:")));
  EXPECT_THAT(errors_of("  - {layer: conv3d, filters: $widht, kernel: 1}\n"),
              HasSubstr("there is no parameter '$widht' here"));
  EXPECT_THAT(
      errors_of("  - {block: b, width: 0}\n",
                "blocks:\n  b: {parameters: {width: 1}, layers: [{layer: dense, units: 3 / $width}]}\n"),
      HasSubstr("'3 / $width' divides by zero"));
}

TEST(When, LeavesALayerOutWhoseNameThenStandsForItsInput) {
  const Architecture plain = network("  - {block: unit, name: a, width: 3}\n", kBlocks);
  EXPECT_THAT(layer_names(plain), ElementsAre("a.conv", "a.out", "a.sum"));
  EXPECT_THAT(plain.graph.nodes.back().inputs, ElementsAre(-1, 1));
  const Architecture projected = network("  - {block: unit, name: a, width: 3, projected: true}\n", kBlocks);
  EXPECT_THAT(layer_names(projected), ElementsAre("a.shortcut", "a.conv", "a.out", "a.sum"));
  EXPECT_THAT(projected.graph.nodes.back().inputs, ElementsAre(0, 2));
}

TEST(When, IsTrueOrFalse) {
  EXPECT_THAT(errors_of("  - {layer: relu, when: perhaps}\n"), HasSubstr("when is 'perhaps'"));
  EXPECT_THAT(errors_of("  - {layer: relu, when: 2}\n"), HasSubstr("when is '2'"));
  EXPECT_THAT(errors_of("  - {layer: add, name: a, from: [input, input], when: false}\n  - relu\n"),
              HasSubstr("'a' is left out, but reads 2 layers"));
  EXPECT_THAT(errors_of("  - {layer: relu, when: false}\n"), HasSubstr("no layer"));
}

TEST(Repeat, CountsFromWhereItIsToldAndKnowsItsNumber) {
  const Architecture net = network(
      "  - {block: unit, name: a.0, width: 3}\n"
      "  - {block: unit, name: a, repeat: 2, first_index: 1, width: 3, kernel: 1 + 2 * ($index % 2)}\n",
      kBlocks);
  EXPECT_THAT(layer_names(net), ElementsAre("a.0.conv", "a.0.out", "a.0.sum", "a.1.conv", "a.1.out",
                                            "a.1.sum", "a.2.conv", "a.2.out", "a.2.sum"));
  EXPECT_EQ(operation<Convolution>(net, 3).kernel, (Axes{1, 3, 1}));
  EXPECT_EQ(operation<Convolution>(net, 6).kernel, (Axes{1, 1, 1}));
}

TEST(Repeat, OfNoneLeavesOut) {
  const Architecture net = network(
      "  - {layer: tanh, name: a}\n  - {layer: relu, name: b, repeat: 0}\n"
      "  - {layer: sigmoid, from: b}\n");
  EXPECT_THAT(layer_names(net), ElementsAre("a", "sigmoid_1"));
  EXPECT_THAT(errors_of("  - {layer: relu, first_index: 1}\n"), HasSubstr("expected repeat"));
  EXPECT_THAT(errors_of("  - {layer: relu, repeat: 0 - 1}\n"), HasSubstr("repeat is '0 - 1', expected 0 to"));
}

// Nested repeats of what stands nowhere are no network of many layers, and yet an endless one to read.
TEST(Repeat, OfManyThatAreLeftOutIsRefused) {
  std::string blocks = "blocks:\n  b0: {layers: [{layer: relu, when: false}]}\n";
  for (int i = 1; i < 14; ++i)
    blocks +=
        "  b" + std::to_string(i) + ": {layers: [{block: b" + std::to_string(i - 1) + ", repeat: 10000}]}\n";
  EXPECT_THAT(errors_of("  - {block: b13, repeat: 10000}\n", blocks), HasSubstr("more than 100000"));
}

TEST(Defaults, AreOfAKindAndGiveWay) {
  const Architecture net = network(
      "  - {layer: conv3d, name: a, filters: 2, kernel: 1}\n"
      "  - {layer: conv3d, name: b, filters: 2, kernel: 1, bias: true}\n  - batch_norm\n",
      "defaults:\n  conv3d: {bias: false}\n  batch_norm: {epsilon: 1e-5}\n");
  EXPECT_FALSE(operation<Convolution>(net, 0).bias);
  EXPECT_TRUE(operation<Convolution>(net, 1).bias);
  EXPECT_FLOAT_EQ(operation<BatchNorm>(net, 2).epsilon, 1e-5F);
  EXPECT_EQ(difference(net, parse_architecture(net.yaml, "header")), "");
}

TEST(Defaults, OfWhatThereIsNotAreRefused) {
  EXPECT_THAT(errors_of("  - relu\n", "defaults: {cnov3d: {bias: false}}\n"),
              HasSubstr("did you mean 'conv3d'?"));
  EXPECT_THAT(errors_of("  - {layer: dense, units: 2}\n", "defaults: {dense: {bais: false}}\n"),
              HasSubstr("did you mean 'bias'?"));
  EXPECT_THAT(errors_of("  - relu\n", "defaults: {dense: {name: a}}\n"),
              HasSubstr("'name' belongs to each layer by itself"));
  EXPECT_THAT(errors_of("  - relu\n", "defaults: {dense: 3}\n"), HasSubstr("not a map of options"));
}

class Extends : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  Architecture load(const std::string& name) { return load_architecture(folder_.path() / name); }
  std::string errors_of_file(const std::string& name) {
    try {
      load(name);
    } catch (const config::ConfigError& error) {
      return error.what();
    }
    return {};
  }
  void write_base() {
    write("base.yaml", testing::network_text("  - {block: unit, name: a, width: 3}\n",
                                             std::string(kBlocks) + "defaults: {conv3d: {bias: false}}\n"));
  }

  ScratchFolder folder_;
};

TEST_F(Extends, TakesOverWhatItDoesNotSay) {
  write_base();
  write("other.yaml", "extends: base.yaml\ninput: {frames: 9}\n");
  const Architecture net = load("other.yaml");
  EXPECT_EQ(net.name, "other");
  EXPECT_EQ(net.graph.input, (Extents{3, 9, 8, 8}));
  EXPECT_THAT(layer_names(net), ElementsAre("a.conv", "a.out", "a.sum"));
  EXPECT_FALSE(operation<Convolution>(net, 0).bias);
}

TEST_F(Extends, ReplacesLayersAsAWholeAndBlocksByName) {
  write_base();
  write("other.yaml",
        "extends: base.yaml\n"
        "blocks:\n  pair: {layers: [{block: unit, name: first, width: 3}, relu]}\n"
        "layers: [{block: pair, name: b}]\n");
  EXPECT_THAT(layer_names(load("other.yaml")),
              ElementsAre("b.first.conv", "b.first.out", "b.first.sum", "b.relu_1"));
  write("third.yaml",
        "extends: other.yaml\nblocks:\n  unit: {parameters: {width: null}, layers: [{layer: dense, units: "
        "$width}]}\n");
  EXPECT_THAT(layer_names(load("third.yaml")), ElementsAre("b.first.dense_1", "b.relu_1"));
}

TEST_F(Extends, StandsForItselfInItsText) {
  write_base();
  write("other.yaml", "extends: base.yaml\ninput: {frames: 9}\n");
  const Architecture net = load("other.yaml");
  EXPECT_EQ(difference(net, parse_architecture(net.yaml, "header")), "");
  EXPECT_THAT(errors_of("  - relu\n", "extends: base.yaml\n"), HasSubstr("unknown key 'extends'"));
}

TEST_F(Extends, RefusesRingsAndFilesThatAreNotThere) {
  write("a.yaml", "extends: b.yaml\n");
  write("b.yaml", "extends: a.yaml\n");
  EXPECT_THAT(errors_of_file("a.yaml"), HasSubstr("extend one another"));
  write("c.yaml", "extends: nowhere.yaml\n");
  EXPECT_THAT(errors_of_file("c.yaml"), HasSubstr("nowhere.yaml"));
  write("d.yaml", "extends: [a.yaml]\n");
  EXPECT_THAT(errors_of_file("d.yaml"), HasSubstr("not the path of a model file"));
}

}  // namespace
}  // namespace actionflow
