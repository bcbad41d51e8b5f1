// Networks for streams: what a model file may say, and what is refused with the mend.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "models/description/inspect.h"
#include "tests/models/networks.h"

namespace actionflow {
namespace {

using ::testing::AllOf;
using testing::errors_of;
using ::testing::HasSubstr;
using testing::network;
using testing::operation;
using testing::result_of;
using testing::shipped_network;

constexpr const char* kStreams = "streams: true\nclasses: 4\n";
constexpr const char* kEnd =
    "  - {layer: global_average_pool, over: space}\n"
    "  - {layer: gru, units: 5, sequence: true}\n"
    "  - action_scores\n";

std::string stream_errors(const std::string& layers) { return errors_of(layers + kEnd, kStreams); }

TEST(Streams, ALabelForEverySample) {
  const Architecture net =
      network(std::string("  - {layer: conv3d, filters: 2, kernel: 3, padding: causal}\n") + kEnd, kStreams);
  EXPECT_TRUE(net.streams);
  EXPECT_TRUE(net.gives_action_scores());
  EXPECT_EQ(net.classes.size(), 4U);
  EXPECT_EQ(result_of(net), (Extents{4 + 2, 6, 1, 1}));
  EXPECT_EQ(net.layers.back().parameters[0].shape, (Shape{6, 5}));
  EXPECT_EQ(net.layers.back().parameters[1].shape, Shape{6});
}

TEST(Streams, ReadBackFromTheirOwnText) {
  const Architecture net = network(kEnd, kStreams);
  const Architecture again = parse_architecture(net.yaml, "header");
  EXPECT_TRUE(again.streams);
  EXPECT_EQ(difference(net, again), "");
}

TEST(Streams, TimeMayBeCausalBesideOtherPaddingInSpace) {
  const Architecture net = network(
      "  - {layer: conv3d, filters: 2, kernel: 3, dilation: [2, 1, 1], padding: [causal, 1, [0, 2]]}\n");
  EXPECT_EQ(operation<Convolution>(net, 0).pad_begin, (Axes{4, 1, 0}));
  EXPECT_EQ(operation<Convolution>(net, 0).pad_end, (Axes{0, 1, 2}));
  EXPECT_EQ(result_of(net), (Extents{2, 6, 8, 8}));
  const Architecture pool =
      network("  - {layer: max_pool3d, size: [3, 2, 2], stride: [1, 2, 2], padding: [causal, 0, 0]}\n");
  EXPECT_EQ(operation<Pooling>(pool, 0).pad_begin, (Axes{2, 0, 0}));
  EXPECT_EQ(result_of(pool), (Extents{3, 6, 4, 4}));
}

TEST(Streams, OnlyTimeCanBeCausal) {
  EXPECT_THAT(errors_of("  - {layer: conv3d, filters: 2, kernel: 3, padding: [1, causal, 1]}\n"),
              HasSubstr("padding is 'causal', expected 0 to"));
  EXPECT_THAT(errors_of("  - {layer: conv2d, filters: 2, kernel: 3, padding: [causal, 1]}\n"),
              HasSubstr("padding is 'causal', expected 0 to"));
}

TEST(Streams, WhatSeesLaterSamplesIsRefusedWithTheMend) {
  const auto refused = [](const std::string& layer, const std::string& what, const std::string& mend) {
    EXPECT_THAT(stream_errors("  - {layer: " + layer + "}\n"),
                AllOf(HasSubstr("net.yaml:4:"), HasSubstr("cannot run along a stream"), HasSubstr(what),
                      HasSubstr(mend)))
        << layer;
  };
  refused("conv3d, filters: 2, kernel: 3, padding: same", "(conv3d)", "padding: causal");
  refused("conv3d, filters: 2, kernel: 3", "sees 3 samples", "padding: causal");
  refused("conv3d, name: a, filters: 2, kernel: 1, stride: 2", "layer 'a'", "stride 1 in time");
  refused("max_pool3d, size: [2, 1, 1], stride: 1", "(max_pool3d)", "padding: causal");
  refused("average_pool3d, size: [2, 1, 1], stride: 1, padding: [causal, 0, 0]", "mean",
          "count_padding: true");
  refused("max_over_time", "(max_over_time)", "over: space");
  refused("flatten", "(flatten)", "keep_time: true");
  refused("select_frame, frame: -1", "(select_frame)", "each by itself");
  refused("permute, order: [h, t, w, c]", "(permute)", "each by itself");
}

TEST(Streams, EveryLayerThatCannotRunIsTold) {
  const std::string errors = errors_of(
      "  - {layer: conv3d, name: a, filters: 2, kernel: 3, padding: same}\n"
      "  - {layer: conv3d, name: b, filters: 2, kernel: 3, padding: causal}\n"
      "  - {layer: max_pool3d, name: c, size: [2, 1, 1], stride: 1, padding: same}\n"
      "  - {layer: global_average_pool, over: space}\n"
      "  - {layer: gru, name: d, units: 3}\n"
      "  - action_scores\n",
      kStreams);
  EXPECT_THAT(errors, AllOf(HasSubstr("layer 'a'"), HasSubstr("layer 'c'"), HasSubstr("layer 'd'")));
  EXPECT_THAT(errors, ::testing::Not(HasSubstr("layer 'b'")));
}

TEST(Streams, ARecurrenceRunsForwardAndAnswersAtEverySample) {
  const auto errors = [](const std::string& layer) {
    return errors_of(
        "  - {layer: global_average_pool, over: space}\n  - {layer: " + layer + "}\n  - action_scores\n",
        kStreams);
  };
  EXPECT_THAT(errors("lstm, units: 3"), HasSubstr("sequence: true"));
  EXPECT_THAT(errors("gru, units: 3, sequence: true, backward: true"), HasSubstr("forward"));
  EXPECT_THAT(errors("bidirectional, units: 3, sequence: true"), HasSubstr("forward"));
  EXPECT_EQ(errors("lstm, units: 3, sequence: true"), "");
}

TEST(Streams, TheyEndInActionScores) {
  EXPECT_THAT(
      errors_of("  - {layer: global_average_pool, over: space}\n  - {layer: dense, units: classes}\n",
                kStreams),
      HasSubstr("layer 'dense_1' (dense) is the last of a network for streams, expected action_scores"));
}

TEST(Streams, ASequenceHasTwoSamplesAtLeast) {
  EXPECT_THAT(testing::errors_in("input: {channels: 3, frames: 1, frame_rate: 10, height: 8, width: 8}\n"
                                 "streams: true\nclasses: 4\nlayers: [flatten, action_scores]\n"),
              HasSubstr("input.frames is 1"));
}

TEST(ActionScores, MayEndANetworkOfWindows) {
  const Architecture net = network("  - global_average_pool\n  - action_scores\n", "classes: 4\n");
  EXPECT_FALSE(net.streams);
  EXPECT_TRUE(net.gives_action_scores());
  EXPECT_EQ(result_of(net), (Extents{6, 1, 1, 1}));
}

TEST(ActionScores, TakeAVectorASampleAndKnowHowManyClasses) {
  EXPECT_THAT(errors_of("  - action_scores\n", "classes: 4\n"), HasSubstr("keep_time"));
  EXPECT_THAT(errors_of("  - flatten\n  - action_scores\n"), HasSubstr("the file has no classes:"));
  EXPECT_EQ(network("  - flatten\n  - {layer: action_scores, classes: 7}\n").classes.size(), 7U);
}

TEST(ActionScores, CountTheFilesClasses) {
  EXPECT_THAT(errors_of("  - flatten\n  - {layer: action_scores, classes: 7}\n", "classes: 4\n"),
              HasSubstr("gives 9×1×1×1, expected 6×1×1×1 for the 4 classes"));
}

TEST(Inspect, TellsWhatASecondOfAStreamCosts) {
  const Architecture net = network(kEnd, kStreams);
  const std::int64_t a_sample = 3 * 5 * (3 + 5) + 6 * 5;
  EXPECT_EQ(macs_a_second(net), 10 * a_sample);
  const auto json = nlohmann::json::parse(layers_json(net));
  EXPECT_EQ(json.at("macs"), 6 * a_sample);
  EXPECT_EQ(json.at("macs_per_second"), 10 * a_sample);
  EXPECT_EQ(json.at("streams"), true);
  EXPECT_THAT(layer_table(net), HasSubstr("1,500 a second of video"));
}

TEST(AirStream, StaysUnderAHundredAndTenThousandParameters) {
  const Architecture net = shipped_network("air_stream");
  EXPECT_TRUE(net.streams);
  EXPECT_LT(net.trainable_parameter_count(), 110'000);
  EXPECT_EQ(result_of(net), (Extents{12, 128, 1, 1}));
  EXPECT_LT(macs_a_second(net), 30'000'000);
}

}  // namespace
}  // namespace actionflow
