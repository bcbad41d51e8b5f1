// `evaluate` of a network for streams, as people run it.
#include <gmock/gmock.h>

#include "models/formats/weight_files.h"
#include "models/weights/initial_weights.h"
#include "tests/pipeline/training/training_bench.h"

namespace actionflow::testing {
namespace {

using ::testing::HasSubstr;

class EvaluateStreams : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.write("stream.yaml",
                 "name: heard\ninput: {channels: 1, frames: 20, frame_rate: 10, height: 16, width: 16}\n"
                 "streams: true\nlayers:\n"
                 "  - {layer: conv3d, filters: 4, kernel: 3, padding: causal, activation: relu}\n"
                 "  - {layer: global_average_pool, over: space}\n"
                 "  - {layer: gru, units: 6, sequence: true}\n  - action_scores\n");
    std::string recipe = text_of(bench_ / "recipe.yaml");
    recipe.replace(recipe.find("model.yaml"), 10, "stream.yaml");
    recipe.replace(recipe.find("  sampling:"), recipe.find("output:") - recipe.find("  sampling:"),
                   "  streams: {}\n");
    bench_.write("recipe.yaml", recipe);
    store(std::nullopt);
  }

  void store(std::optional<Calibration> calibration) const {
    std::string yaml = text_of(bench_ / "stream.yaml");
    yaml.insert(yaml.find("layers:"), "classes: [left, right]\n");
    Architecture architecture = parse_architecture(yaml, "stream.yaml");
    const Weights weights = initial_weights(architecture, 1);
    save_model({std::move(architecture), weights, std::move(calibration)}, bench_ / "heard.safetensors");
  }

  TrainingBench::Ended evaluate(std::vector<std::string> words = {}) const {
    std::vector<std::string> all{ACTIONFLOW_PROGRAM, "evaluate", bench_ / "recipe.yaml", "--weights",
                                 bench_ / "heard.safetensors"};
    all.insert(all.end(), words.begin(), words.end());
    return bench_.run(all);
  }

  nlohmann::json json(const std::vector<std::string>& words = {}) const {
    std::vector<std::string> all = words;
    all.push_back("--json");
    const auto ended = evaluate(all);
    EXPECT_EQ(ended.code, 0) << ended.err;
    return nlohmann::json::parse(ended.out);
  }

  TrainingBench bench_;
};

TEST_F(EvaluateStreams, JudgesJoinedClipsAsStreamsAndEachAlone) {
  const auto judged = json();
  const auto& streams = judged["streams"];
  EXPECT_EQ(streams["streams"], 2);
  EXPECT_EQ(streams["actions"], 2);
  EXPECT_NEAR(streams["seconds"], 2.0, 1e-9);
  EXPECT_TRUE(streams.contains("levenshtein_accuracy"));
  EXPECT_EQ(judged["clips"], 2);
  EXPECT_EQ(judged["confusion"].size(), 2U);
  EXPECT_TRUE(judged["time"].is_null());
  // Without thresholds of its own they are chosen on the validation split.
  EXPECT_EQ(judged["calibration"]["chosen_on"], "val, 4 actions in 4 streams");
  EXPECT_FALSE(judged.contains("calibrated_on"));
}

TEST_F(EvaluateStreams, UsesWhatIsKeptWithTheWeightsUnlessToldOtherwise) {
  store(Calibration{"val, 99 actions in 9 streams", 2.0, std::nullopt,
                    EventCalibration{{1, 1}, {}, 0, 0, 0, 0}});
  const auto judged = json();
  EXPECT_EQ(judged["calibrated_on"], "val, 99 actions in 9 streams");
  EXPECT_EQ(judged["temperature"], 2.0);
  EXPECT_EQ(judged["streams"]["events"], 0);  // nothing is ever as sure as 1
  EXPECT_FALSE(json({"--uncalibrated"}).contains("calibrated_on"));
}

TEST_F(EvaluateStreams, AnUnreadableVideoIsListedAndItsActionIsMissed) {
  bench_.write("data/v17.mp4", "no video");
  const auto judged = json();
  ASSERT_EQ(judged["unreadable"].size(), 1U);
  EXPECT_EQ(judged["unreadable"][0]["video"], "v17.mp4");
  EXPECT_EQ(judged["streams"]["actions"], 2);
  EXPECT_EQ(judged["clips"], 2);
  EXPECT_LE(judged["top1"], 0.5);
}

TEST_F(EvaluateStreams, AListWithTimesHasTheUncutVideosThemselves) {
  bench_.write("data/test.txt", "v16.mp4 0.2 0.7 left\nv16.mp4 0.7 0.9 right\nv17.mp4\n");
  bench_.write("data/val.txt", "v12.mp4 0.1 0.9 left\nv13.mp4\n");
  bench_.write("data/train.txt", "v0.mp4 0.1 0.9 left\nv1.mp4 0.1 0.9 right\n");
  const auto judged = json();
  EXPECT_EQ(judged["streams"]["streams"], 2);
  EXPECT_EQ(judged["streams"]["actions"], 2);
  EXPECT_NEAR(judged["streams"]["seconds"], 2.0, 1e-9);
  EXPECT_FALSE(judged.contains("clips"));  // nothing is cut
  EXPECT_EQ(judged["calibration"]["chosen_on"], "val, 1 actions in 2 streams");
  EXPECT_THAT(evaluate().out, HasSubstr("2 streams of"));
}

// Uncut videos, cut clips joined, and each clip alone; the thresholds are chosen on streams, too.
TEST_F(EvaluateStreams, SharesMakeTheWholeOfWhatIsKept) {
  const auto answered = [this](const std::string& shard) {
    const auto said = json({"--answers", bench_ / "answers", "--shard", shard});
    return said.value("answered", -1);
  };
  for (const bool uncut : {false, true}) {
    if (uncut) {
      bench_.write("data/test.txt", "v16.mp4 0.2 0.7 left\nv16.mp4 0.7 0.9 right\nv17.mp4\n");
      bench_.write("data/val.txt", "v12.mp4 0.1 0.9 left\nv13.mp4\n");
    }
    const std::string whole = evaluate({"--json"}).out;
    int all = 0;
    for (const char* shard : {"0/3", "1/3", "2/3"}) all += answered(shard);
    EXPECT_GE(all, 4);
    EXPECT_EQ(answered("0/1"), 0);
    // Other labels, other streams: nothing of what is kept counts for them.
    const std::string list = text_of(bench_ / "data/val.txt");
    bench_.write("data/val.txt", uncut ? "v12.mp4 0.1 0.8 left\nv13.mp4\n" : "v12.mp4 1\n");
    EXPECT_EQ(answered("0/1"), 1);
    bench_.write("data/val.txt", list);
    // The whole is made of what is kept alone: this file can no longer be read.
    const std::string video = text_of(bench_ / "data/v16.mp4");
    bench_.write("data/v16.mp4", std::string(video.size(), 'x'));
    const auto made = evaluate({"--json", "--answers", bench_ / "answers"});
    EXPECT_EQ(made.out, whole) << made.err;
    EXPECT_NE(evaluate({"--json"}).out, whole);
    // Another video of its name is judged for itself.
    bench_.write("data/v16.mp4", text_of(bench_ / "data/v15.mp4") + "x");
    EXPECT_EQ(evaluate({"--json", "--answers", bench_ / "answers"}).out, evaluate({"--json"}).out);
    bench_.write("data/v16.mp4", video);
  }
}

TEST_F(EvaluateStreams, WhatCouldNotBeReadIsAskedForAgain) {
  bench_.write("data/test.txt", "v16.mp4 0.2 0.7 left\nv17.mp4\n");
  bench_.write("data/val.txt", "v12.mp4 0.1 0.9 left\n");
  bench_.write("data/v17.mp4", "no video");
  const std::vector<std::string> share{"--answers", bench_ / "answers", "--shard", "0/1"};
  EXPECT_EQ(json(share)["answered"], 2);
  std::filesystem::copy_file(bench_ / "data/v15.mp4", bench_ / "data/v17.mp4",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(json(share)["answered"], 1);
  EXPECT_EQ(json({"--answers", bench_ / "answers"})["unreadable"].size(), 0U);
}

TEST_F(EvaluateStreams, DrawsTheReportWhereItIsAskedFor) {
  const auto ended = evaluate({"--report", bench_ / "page.html"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Levenshtein accuracy"));
  EXPECT_THAT(text_of(bench_ / "page.html"), HasSubstr("class='timeline'"));
}

}  // namespace
}  // namespace actionflow::testing
