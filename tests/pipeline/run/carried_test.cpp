// Networks whose state is carried along the stream, in a pipeline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "models/weights/initial_weights.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;
using testing::LinesByStream;
using testing::TestVideo;
using testing::write_test_video;

class CarriedState : public ::testing::Test {
 protected:
  static std::string graph(const std::string& node = "cnn_lstm, model: stream.yaml",
                           const std::string& window = "", const std::string& streams = "{a: a.mp4}") {
    return "options: {workers: 2}\nstreams: " + streams +
           "\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames" + window +
           "}\n  net: {from: clips, random_weights: 1, node: " + node + "}\n";
  }

  // The lines of stream a by their number, where the clips of these numbers are dropped before the network.
  std::vector<std::string> lines(const std::string& graph, const std::set<std::int64_t>& dropped = {}) const {
    LinesByStream sink;
    std::vector<std::string> list;
    bench_.run(graph, sink, [&](const FaultPoint& point) {
      return point.stream == "a" && point.node == "net" && dropped.contains(point.number) ? Fault::drop
                                                                                          : Fault::none;
    });
    std::istringstream text(sink.lines().at("a"));
    for (std::string line; std::getline(text, line);) list.push_back(line);
    return list;
  }

  std::string errors(const std::string& graph) const {
    try {
      bench_.describe(graph);
    } catch (const config::ConfigError& error) {
      return error.what();
    }
    return {};
  }

  GraphBench bench_;
};

TEST_F(CarriedState, EverySampleIsHeardOnceAndAnswered) {
  bench_.video("a.mp4", 50, 1);  // samples at 0, 0.1, …, 1.9
  LinesByStream sink;
  const Summary summary = bench_.run(graph(), sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  ASSERT_EQ(sink.results().size(), 20U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NEAR(sink.results()[static_cast<std::size_t>(i)].start, 0.1 * i, 1e-9);
    EXPECT_NEAR(sink.results()[static_cast<std::size_t>(i)].end, 0.1 * i + 0.1, 1e-9);
    EXPECT_FALSE(sink.results()[static_cast<std::size_t>(i)].padded);
  }
}

TEST_F(CarriedState, IsTheSameForEitherKindOfNodeAndAnyNumberOfWorkersAndStreams) {
  bench_.video("a.mp4", 60, 1);
  bench_.video("b.mp4", 45, 2);
  const std::vector<std::string> alone = lines(graph());
  EXPECT_EQ(lines(graph("cnn3d, model: stream.yaml")), alone);
  EXPECT_EQ(lines(graph("cnn_lstm, state: carry, model: stream.yaml")), alone);
  for (const std::string options : {"{workers: 1}", "{workers: 5}", "{workers: 2, threads: 2}"}) {
    std::string both = graph("cnn_lstm, model: stream.yaml", "", "{a: a.mp4, b: b.mp4}");
    both.replace(both.find("{workers: 2}"), 12, options);
    EXPECT_EQ(lines(both), alone) << options;
  }
}

// Whole windows of 8 samples at every sample would compute each sample 8 times.
TEST_F(CarriedState, CostsEachSampleOnce) {
  const PipelineDescription carried = bench_.describe(graph()),
                            whole = bench_.describe(graph("cnn3d, model: plain.yaml", ", hop: 1"));
  const auto cost = carried.nodes.back().node->cost(), other = whole.nodes.back().node->cost();
  ASSERT_TRUE(cost && other);
  const auto sample = static_cast<double>(load_architecture(bench_.folder() / "stream.yaml").macs()) / 8;
  EXPECT_DOUBLE_EQ(cost->as_it_runs, 10 * sample);
  EXPECT_DOUBLE_EQ(cost->whole_windows, 80 * sample);
  EXPECT_DOUBLE_EQ(other->as_it_runs,
                   10.0 * static_cast<double>(load_architecture(bench_.folder() / "plain.yaml").macs()));
  EXPECT_DOUBLE_EQ(other->as_it_runs, other->whole_windows);
  EXPECT_FALSE(carried.nodes.front().node->cost());
}

TEST_F(CarriedState, BeginsAnewAfterADroppedClip) {
  bench_.video("a.mp4", 50, 1);
  const std::vector<std::string> whole = lines(graph()), one = lines(graph(), {6}),
                                 two = lines(graph(), {5, 6}), all = lines(graph(), {0, 1, 2, 3, 4, 5, 6});
  ASSERT_EQ(one.size(), 19U);
  ASSERT_EQ(two.size(), 18U);
  ASSERT_EQ(all.size(), 13U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(one[i], whole[i]) << i;
  for (std::size_t i = 7; i < 20; ++i) {
    EXPECT_EQ(one[i - 1], two[i - 2]) << i;
    EXPECT_EQ(one[i - 1], all[i - 7]) << i;
  }
  EXPECT_NE(one[6], whole[7]) << "the state went on across the gap";
}

// With one worker the network comes to nothing until all samples that a frame settles are there.
TEST_F(CarriedState, SurvivesACameraThatStandsStillForAMoment) {
  TestVideo video;
  video.frames = 20;
  video.pts_us = [](int k) { return k * 40'000 + (k < 10 ? 0 : 900'000); };
  write_test_video(bench_.folder() / "a.mp4", video);
  const auto play = [&](const std::string& source, LinesByStream& sink) {
    std::string one = graph("cnn_lstm, model: stream.yaml", "", "{a: " + source + "}");
    one.replace(one.find("{workers: 2}"), 12, "{workers: 1}");
    return bench_.run(one, sink);
  };
  LinesByStream file, camera;
  play("a.mp4", file);
  const Summary summary = play("{source: a.mp4, realtime: true}", camera);
  EXPECT_EQ(summary.dropped(), 0);
  EXPECT_EQ(camera.lines(), file.lines());
  EXPECT_EQ(camera.results().size(), 17U);
}

TEST_F(CarriedState, BeginsAnewWithOtherWeights) {
  constexpr std::int64_t kAt = 7;
  bench_.video("a.mp4", 50, 1);
  const std::vector<config::Override> longer{{"input.frames", "16"}};  // of the sequences of training
  const Architecture architecture = load_architecture(bench_.folder() / "stream.yaml", longer);
  const Model two{architecture, initial_weights(architecture, 2)};
  std::string other = graph();
  other.replace(other.find("random_weights: 1"), 17, "random_weights: 2");

  LinesByStream sink;
  Pipeline* running = nullptr;
  Pipeline pipeline(bench_.describe(graph()), sink, {[&](const FaultPoint& point) {
                      if (point.node == "net" && point.number == kAt) running->exchange("net", two);
                      return Fault::none;
                    }});
  running = &pipeline;
  EXPECT_EQ(pipeline.run().exit_code(), ExitCode::done);
  std::vector<std::string> given;
  std::istringstream text(sink.lines().at("a"));
  for (std::string line; std::getline(text, line);) given.push_back(line);
  const std::vector<std::string> before = lines(graph()), after = lines(other, {0, 1, 2, 3, 4, 5, 6});
  ASSERT_EQ(given.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(given[i], i < kAt ? before[i] : after[i - kAt]) << i;
}

TEST_F(CarriedState, CannotBeExchangedForANetworkOfClips) {
  bench_.video("a.mp4", 10, 1);
  const Architecture clips = parse_architecture(
      GraphBench::input("clips", 8) + "  - {layer: flatten}\n  - {layer: dense, units: classes}\n", "clips");
  LinesByStream sink;
  Pipeline pipeline(bench_.describe(graph()), sink);
  EXPECT_THROW(pipeline.exchange("net", {clips, initial_weights(clips, 1)}), ModelError);
}

TEST_F(CarriedState, BelongsToNetworksForStreamsAlone) {
  EXPECT_THAT(errors(graph("cnn3d, model: plain.yaml, state: carry")),
              HasSubstr("'net' has state: carry, but the network 'plain' is not for streams"));
  EXPECT_THAT(errors(graph("cnn_lstm, model: stream.yaml, state: clip")),
              HasSubstr("'net' has state: clip, but the network 'stream' is for streams, expected carry"));
  EXPECT_THAT(errors(graph("fusion_3d2d, model: stream.yaml")),
              HasSubstr("expected node: cnn_lstm or cnn3d"));
  EXPECT_EQ(errors(graph("cnn3d, model: plain.yaml, state: clip")), "");
}

TEST_F(CarriedState, HearsNoSampleTwice) {
  EXPECT_THAT(
      errors(graph("cnn_lstm, model: stream.yaml", ", hop: 2")),
      HasSubstr("'clips' has hop: 2, but 'net' carries its state along the stream and hears every sample "
                "once, expected hop: 1"));
  EXPECT_EQ(errors(graph("cnn_lstm, model: stream.yaml", ", hop: 1")), "");
}

}  // namespace
}  // namespace actionflow
