// Layer by layer: shapes, padding, parameters and costs. Expected extents are Keras' (or PyTorch's where
// padding is a number), worked out by their documented rules.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "base/config/schema.h"
#include "models/description/layers/registry.h"
#include "tests/models/networks.h"

namespace actionflow {
namespace {

using testing::network;
using testing::operation;
using testing::result_of;

TEST(Layers, StandEachInItsSample) {
  for (const LayerKind& kind : layer_kinds()) {
    const std::string text =
        "input: {channels: 3, frames: 6, frame_rate: 10, height: 8, width: 8}\nlayers: " + kind.sample + "\n";
    const Architecture net = parse_architecture(text, kind.name);
    EXPECT_EQ(net.layers.back().type, kind.name);
    EXPECT_EQ(difference(net, parse_architecture(net.yaml, kind.name)), "") << kind.name;
    EXPECT_FALSE(kind.help.empty());
  }
}

TEST(Layers, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const LayerKind& kind : layer_kinds()) EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
  EXPECT_GE(names.size(), 30U);
}

TEST(Layers, AreDocumentedWithTheirOptions) {
  std::ifstream file(testing::project_root() / "docs/models.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const LayerKind& kind : layer_kinds()) {
    EXPECT_NE(page.find("`" + kind.name + "`"), std::string::npos) << kind.name;
    for (const auto& [option, schema] : kind.schema().properties) {
      EXPECT_NE(page.find("`" + option + "`"), std::string::npos) << kind.name << ": " << option;
    }
  }
}

TEST(Convolution, ConvolvesEachSampleByItselfIn2D) {
  const Architecture net = network("  - {layer: conv2d, filters: 5, kernel: [3, 2]}\n");
  EXPECT_EQ(result_of(net), (Extents{5, 6, 6, 7}));
  EXPECT_EQ(operation<Convolution>(net, 0).kernel, (Axes{1, 3, 2}));
  EXPECT_EQ(net.layers[0].parameters[0].shape, (Shape{5, 3, 1, 3, 2}));
}

// Keras: total = max((⌈in/s⌉ − 1)·s + k − in, 0), the odd one after.
TEST(Convolution, PadsSameAsKerasDoes) {
  const Architecture net =
      network("  - {layer: conv3d, filters: 1, kernel: [3, 4, 3], stride: [1, 2, 2], padding: same}\n");
  const auto& conv = operation<Convolution>(net, 0);
  EXPECT_EQ(result_of(net), (Extents{1, 6, 4, 4}));
  EXPECT_EQ(conv.pad_begin, (Axes{1, 1, 0}));
  EXPECT_EQ(conv.pad_end, (Axes{1, 1, 1}));
}

TEST(Convolution, PadsOnlyThePastWhereCausal) {
  const Architecture net = network(
      "  - {layer: conv3d, filters: 1, kernel: 3, dilation: [2, 1, 1], stride: [2, 1, 1], padding: "
      "causal}\n");
  const auto& conv = operation<Convolution>(net, 0);
  EXPECT_EQ(result_of(net), (Extents{1, 3, 8, 8}));
  EXPECT_EQ(conv.pad_begin, (Axes{4, 1, 1}));
  EXPECT_EQ(conv.pad_end, (Axes{0, 1, 1}));
}

TEST(Convolution, TakesPaddingAsNumbers) {
  const auto padding = [](const std::string& text) {
    const Architecture net = network("  - {layer: conv3d, filters: 1, kernel: 3, padding: " + text + "}\n");
    const auto& conv = operation<Convolution>(net, 0);
    return std::pair(conv.pad_begin, conv.pad_end);
  };
  EXPECT_EQ(padding("1"), std::pair(Axes({1, 1, 1}), Axes({1, 1, 1})));
  EXPECT_EQ(padding("[0, 1, 2]"), std::pair(Axes({0, 1, 2}), Axes({0, 1, 2})));
  EXPECT_EQ(padding("[[0, 1], 2, [3, 0]]"), std::pair(Axes({0, 2, 3}), Axes({1, 2, 0})));
}

TEST(Convolution, CountsGroupsInKernelAndCost) {
  const Architecture net = network("  - {layer: conv3d, filters: 6, kernel: 3, groups: 3, bias: false}\n");
  EXPECT_EQ(net.layers[0].parameters.size(), 1U);
  EXPECT_EQ(net.layers[0].parameters[0].shape, (Shape{6, 1, 3, 3, 3}));
  EXPECT_EQ(net.layers[0].macs, 6 * 4 * 6 * 6 * 27);  // result 6×4×6×6, one channel a group
}

TEST(Convolution, IsFollowedByItsActivation) {
  const Architecture net = network("  - {layer: conv3d, name: a, filters: 2, kernel: 1, activation: silu}\n");
  ASSERT_EQ(net.graph.nodes.size(), 2U);
  EXPECT_EQ(operation<Activation>(net, 1).kind, ActivationKind::silu);
  EXPECT_EQ(net.graph.nodes[1].name, "a.silu");
  EXPECT_EQ(net.layers.size(), 1U);
}

TEST(TimeProjection, SumsAllSamplesIntoOne) {
  const Architecture net = network("  - time_projection\n");
  EXPECT_EQ(result_of(net), (Extents{3, 1, 8, 8}));
  EXPECT_EQ(net.layers[0].parameters[0].shape, (Shape{3, 3, 6, 1, 1}));
}

TEST(Pooling, TakesItsSizeForStrideUnlessTold) {
  EXPECT_EQ(result_of("  - {layer: max_pool3d, size: [1, 3, 2]}\n"), (Extents{3, 6, 2, 4}));
  EXPECT_EQ(result_of("  - {layer: max_pool3d, size: 3, stride: 1}\n"), (Extents{3, 4, 6, 6}));
  EXPECT_EQ(result_of("  - {layer: average_pool2d, size: 3, stride: 2, padding: same}\n"),
            (Extents{3, 6, 4, 4}));
}

TEST(Pooling, RefusesWindowsThatLieInPadding) {
  EXPECT_NE(testing::errors_of("  - {layer: max_pool3d, size: 2, padding: 2}\n").find("padding 2×2×2"),
            std::string::npos);
}

TEST(GlobalPool, ReducesWhatItIsTold) {
  EXPECT_EQ(result_of("  - global_average_pool\n"), (Extents{3, 1, 1, 1}));
  EXPECT_EQ(result_of("  - {layer: global_average_pool, over: space}\n"), (Extents{3, 6, 1, 1}));
  EXPECT_EQ(result_of("  - {layer: global_max_pool, over: time}\n"), (Extents{3, 1, 8, 8}));
  EXPECT_EQ(result_of("  - max_over_time\n"), (Extents{3, 1, 8, 8}));
  EXPECT_EQ(result_of("  - mean_over_time\n"), (Extents{3, 1, 8, 8}));
}

TEST(BatchNorm, CountsMovingStatisticsAsUntrained) {
  const Architecture net = network("  - batch_norm\n");
  EXPECT_EQ(net.parameter_count(), 12);
  EXPECT_EQ(net.trainable_parameter_count(), 6);
  EXPECT_EQ(network("  - {layer: batch_norm, scale: false}\n").parameter_count(), 9);
}

TEST(Dense, AppliesAtEachPosition) {
  const Architecture net = network("  - {layer: dense, units: 7}\n");
  EXPECT_EQ(result_of(net), (Extents{7, 6, 8, 8}));
  EXPECT_EQ(net.macs(), 6 * 8 * 8 * 3 * 7);
}

TEST(Dense, TakesItsUnitsFromTheClasses) {
  const Architecture net =
      network("  - flatten\n  - {layer: dense, units: classes}\n", "classes: [wave, clap]\n");
  EXPECT_EQ(result_of(net), (Extents{2, 1, 1, 1}));
  EXPECT_EQ(net.classes, (std::vector<std::string>{"wave", "clap"}));
}

TEST(PRelu, LearnsOneAlphaAChannelOrOneForAll) {
  EXPECT_EQ(network("  - prelu\n").parameter_count(), 3);
  EXPECT_EQ(network("  - {layer: prelu, shared: true}\n").parameter_count(), 1);
}

TEST(Flatten, KeepsTimeWhereTold) {
  EXPECT_EQ(result_of("  - flatten\n"), (Extents{3 * 6 * 8 * 8, 1, 1, 1}));
  EXPECT_EQ(result_of("  - {layer: flatten, keep_time: true}\n"), (Extents{3 * 8 * 8, 6, 1, 1}));
}

TEST(Reshape, FindsTheExtentThatRemains) {
  EXPECT_EQ(result_of("  - {layer: reshape, time: 2, height: 8, channels: -1}\n"), (Extents{72, 2, 8, 1}));
}

TEST(Permute, PutsTheNamedAxesInThatOrder) {
  const Architecture net = network("  - {layer: permute, order: [c, t, h, w]}\n");
  EXPECT_EQ(result_of(net), (Extents{8, 3, 6, 8}));
  EXPECT_EQ(operation<Permute>(net, 0).order, (std::array<int, 4>{3, 0, 1, 2}));
}

TEST(Join, ConcatenatesChannelsAndRepeatsExtentsOfOne) {
  EXPECT_EQ(result_of("  - {layer: concat, from: [input, input]}\n"), (Extents{6, 6, 8, 8}));
  EXPECT_EQ(result_of("  - {layer: global_average_pool, name: gate}\n"
                      "  - {layer: multiply, from: [gate, input]}\n"),
            (Extents{3, 6, 8, 8}));
  EXPECT_FLOAT_EQ(operation<Elementwise>(network("  - {layer: average, from: [input, input]}\n"), 0).scale,
                  0.5F);
}

TEST(SelectFrame, CountsNegativeFramesFromTheEnd) {
  EXPECT_EQ(result_of("  - {layer: select_frame, frame: -6}\n"), (Extents{3, 1, 8, 8}));
  EXPECT_NE(testing::errors_of("  - {layer: select_frame, frame: 6}\n").find("has 6 samples"),
            std::string::npos);
}

TEST(SelectFrames, ByStrideOrEvenly) {
  const auto frames = [](const std::string& options) {
    return operation<SelectFrames>(network("  - {layer: select_frames, " + options + "}\n"), 0).frames;
  };
  EXPECT_EQ(frames("stride: 2"), (std::vector<int>{0, 2, 4}));
  EXPECT_EQ(frames("stride: 4"), (std::vector<int>{0, 4}));
  EXPECT_EQ(frames("count: 3"), (std::vector<int>{0, 2, 5})) << "as torch.linspace(0, 5, 3).long()";
  EXPECT_EQ(frames("count: 1"), (std::vector<int>{0}));
  EXPECT_NE(testing::errors_of("  - {layer: select_frames, count: 7}\n").find("has 6 samples"),
            std::string::npos);
  EXPECT_NE(testing::errors_of("  - select_frames\n").find("either stride or count"), std::string::npos);
}

TEST(TimeShift, MovesOneChannelInSoManyEachWay) {
  const std::string before = "  - {layer: dense, units: 17}\n";
  const auto both = operation<TimeShift>(network(before + "  - time_shift\n"), 1);
  EXPECT_EQ(both, (TimeShift{.next = 2, .previous = 2, .pad_begin = 1, .pad_end = 1}));
  const auto past =
      operation<TimeShift>(network(before + "  - {layer: time_shift, fold: 4, causal: true}\n"), 1);
  EXPECT_EQ(past, (TimeShift{.previous = 4, .pad_begin = 1}));
  EXPECT_NE(testing::errors_of("  - time_shift\n").find("has 3 channels"), std::string::npos);
}

// PyTorch's rule: a window that would begin in the padding at the end is left out.
TEST(Pooling, CeilRoundsTheNumberOfWindowsUp) {
  EXPECT_EQ(result_of("  - {layer: max_pool3d, size: 3, stride: 2}\n"), (Extents{3, 2, 3, 3}));
  EXPECT_EQ(result_of("  - {layer: max_pool3d, size: 3, stride: 2, ceil: true}\n"), (Extents{3, 3, 4, 4}));
  EXPECT_EQ(result_of("  - {layer: max_pool3d, size: 2, stride: 3, padding: 1, ceil: true}\n"),
            (Extents{3, 3, 3, 3}));
  EXPECT_NE(testing::errors_of("  - {layer: average_pool3d, size: 3, ceil: true, count_padding: true}\n")
                .find("do not go together"),
            std::string::npos);
}

// Keras: 4·u·(in + u + 1), 3·u·(in + u + 1) and, with reset_after, 3·u·(in + u + 2).
TEST(Recurrent, HasKerasParameters) {
  const std::string sequence = "  - {layer: flatten, keep_time: true}\n";
  const std::int64_t in = 3 * 8 * 8;
  EXPECT_EQ(network(sequence + "  - {layer: lstm, units: 5}\n").parameter_count(), 4 * 5 * (in + 5 + 1));
  EXPECT_EQ(network(sequence + "  - {layer: gru, units: 5}\n").parameter_count(), 3 * 5 * (in + 5 + 2));
  EXPECT_EQ(network(sequence + "  - {layer: gru, units: 5, reset_after: false}\n").parameter_count(),
            3 * 5 * (in + 5 + 1));
}

TEST(Recurrent, GivesTheLastStateOrEveryStep) {
  const std::string sequence = "  - {layer: flatten, keep_time: true}\n";
  EXPECT_EQ(result_of(sequence + "  - {layer: lstm, units: 5}\n"), (Extents{5, 1, 1, 1}));
  EXPECT_EQ(result_of(sequence + "  - {layer: lstm, units: 5, sequence: true}\n"), (Extents{5, 6, 1, 1}));
  EXPECT_EQ(network(sequence + "  - {layer: lstm, units: 5}\n").macs(), 6 * 4 * 5 * (3 * 8 * 8 + 5));
}

TEST(Bidirectional, MergesItsDirections) {
  const std::string start =
      "  - {layer: flatten, keep_time: true}\n  - {layer: bidirectional, name: b, units: 5, ";
  EXPECT_EQ(result_of(start + "merge: concat}\n"), (Extents{10, 1, 1, 1}));
  EXPECT_EQ(result_of(start + "merge: sum, sequence: true}\n"), (Extents{5, 6, 1, 1}));
  const Architecture mean = network(start + "merge: mean}\n");
  EXPECT_FLOAT_EQ(operation<Elementwise>(mean, 3).scale, 0.5F);
  EXPECT_TRUE(operation<Recurrent>(mean, 2).backward);
  EXPECT_EQ(mean.layers[1].parameters[0].name, "b.forward.kernel");
  EXPECT_EQ(mean.layers[1].parameters[3].name, "b.backward.kernel");
}

}  // namespace
}  // namespace actionflow
