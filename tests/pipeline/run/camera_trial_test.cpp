#include "pipeline/run/camera_trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "pipeline/commands/camera_capacity.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

TEST(GreatestThatHolds, IsFoundByDoublingAndBisecting) {
  for (const int most : {1, 2, 5, 16, 100}) {
    for (int limit = 0; limit <= most; ++limit) {
      std::vector<int> asked;
      const auto holds = [&](int number) {
        asked.push_back(number);
        return number <= limit;
      };
      EXPECT_EQ(greatest_that_holds(most, holds), limit) << most;
      for (const int number : asked) EXPECT_TRUE(number >= 1 && number <= most);
      std::sort(asked.begin(), asked.end());
      EXPECT_EQ(std::adjacent_find(asked.begin(), asked.end()), asked.end()) << "asked twice";
      EXPECT_LE(asked.size(), 14U);
    }
  }
}

std::string graph(const std::string& streams, const std::string& decode = "{node: decode}") {
  return "streams: " + streams + "\ngraph:\n  frames: " + decode +
         "\n  clips: {node: window, from: frames, hop: 2}\n"
         "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n";
}

TEST(CameraTrial, PlaysTheFilesOverAndOverAndCountsWhatComesOfThem) {
  testing::GraphBench bench;
  bench.video("a.mp4", 20, 1);
  bench.video("b.mp4", 30, 2);
  const PipelineDescription description = bench.describe(graph("{a: a.mp4, b: b.mp4}"));
  EXPECT_NEAR(shortest_hop_ms(description), 200, 1e-9);
  const StopFlag go_on{false};
  const CameraTrial trial = try_cameras(description, 3, 1.5, go_on);
  EXPECT_EQ(trial.cameras, 3);
  EXPECT_GT(trial.windows + trial.dropped, 0) << "the files are over by then";
  EXPECT_EQ(trial.failed, 0);
  EXPECT_LE(trial.p50_ms, trial.p99_ms);
  EXPECT_LE(trial.p99_ms, trial.p999_ms);
  EXPECT_GT(trial.processor_share, 0);
}

TEST(CameraTrial, TakesRecordedFilesAndGraphsForAllStreams) {
  testing::GraphBench bench;
  bench.video("a.mp4", 20, 1);
  const StopFlag go_on{false};
  const auto refusal = [&](const std::string& text) {
    try {
      try_cameras(bench.describe(text), 1, 1, go_on);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal(graph("{door: rtsp://127.0.0.1/door}")), HasSubstr("streams.door=FILE"));
  EXPECT_THAT(refusal(graph("{a: a.mp4}", "{node: decode, streams: a}")),
              HasSubstr("'frames' is for certain"));
}

TEST(CameraTrial, IsHeldWhereNothingIsLostAndResultsComeInTime) {
  CameraTrial trial;
  trial.windows = 100;
  trial.p99_ms = 90;
  EXPECT_TRUE(trial.held(100));
  EXPECT_FALSE(trial.held(80));
  trial.dropped = 1;
  EXPECT_FALSE(trial.held(100));
  trial = {};
  EXPECT_FALSE(trial.held(100)) << "nothing came";
}

TEST(CameraCapacity, SaysThatOtherProgramsHadTheProcessors) {
  CameraCapacity capacity;
  capacity.trials.resize(2);
  EXPECT_EQ(capacity_text("p.yaml", capacity).find("other programs"), std::string::npos);
  EXPECT_NE(capacity_json("p.yaml", capacity).find("\"disturbed\":false"), std::string::npos);
  capacity.trials[0].others_share = 0.45;
  const std::string text = capacity_text("p.yaml", capacity);
  EXPECT_NE(text.find("not one camera"), std::string::npos);
  EXPECT_NE(text.find("other programs had up to 45 % of the processors"), std::string::npos) << text;
  EXPECT_NE(capacity_json("p.yaml", capacity).find("\"disturbed\":true"), std::string::npos);
}

}  // namespace
}  // namespace actionflow
