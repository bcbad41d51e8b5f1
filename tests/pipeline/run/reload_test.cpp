// A pipeline file edited while the pipeline runs.
#include "pipeline/run/reload.h"
#include "models/weights/initial_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/process_holdings.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;
using testing::LinesByStream;
using testing::LogLines;

// Stream a is read from a file, a frame whenever steps() is released, beside streams that the file's text
// gives.
class EditedPipeline : public ::testing::Test {
 protected:
  void SetUp() override {
    bench_.video("a.mp4", 90, 1);
    bench_.video("b.mp4", 12, 2);
    bench_.video("c.mp4", 12, 3);
    for (const std::uint64_t seed : {1, 2}) store("plain", seed);
    store("recurrent", 2);
  }
  void TearDown() override {
    steps_.release(1000);
    if (running_.joinable()) running_.join();
  }

  void store(const std::string& model, std::uint64_t seed, const std::string& as = {}) const {
    const Architecture architecture = load_architecture(bench_.folder() / (model + ".yaml"));
    const std::string name = as.empty() ? model + std::to_string(seed) + ".safetensors" : as;
    save_model({architecture, initial_weights(architecture, seed)}, bench_.folder() / name);
  }

  static std::string text(const std::string& streams, const std::string& weights = "plain1.safetensors",
                          const std::string& hop = "2") {
    return "options: {workers: 3}\nstreams: {a: a.mp4" + streams +
           "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: " + hop +
           "}\n  net: {node: cnn3d, from: clips, weights: " + weights + "}\n";
  }

  void start(const std::string& first) {
    const PipelineDescription description = bench_.describe(first);
    pipeline_ = std::make_unique<Pipeline>(description, sink_, RunOptions{[this](const FaultPoint& point) {
                                             if (point.stream == "a" && point.node == "clips")
                                               steps_.acquire();
                                             return Fault::none;
                                           }});
    reload_ = std::make_unique<Reload>(*pipeline_, description, "pipeline.yaml",
                                       [this] { return bench_.describe(text_); });
    running_ = std::thread([this] { summary_ = pipeline_->run(); });
  }

  void edit(const std::string& now) {
    text_ = now;
    reload_->reload();
  }

  void finish() {
    steps_.release(1000);
    running_.join();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const StreamSummary& stream : pipeline_->progress().streams) names.push_back(stream.name);
    return names;
  }

  GraphBench bench_;
  std::counting_semaphore<> steps_{0};
  LinesByStream sink_;
  LogLines log_;
  std::string text_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Reload> reload_;
  std::thread running_;
  Summary summary_;
};

TEST_F(EditedPipeline, CamerasAreAddedAndRemovedFiveHundredTimesAndTheOthersLinesStayToTheByte) {
  constexpr int kTimes = 500, kTimesAStep = 10;
  LinesByStream alone;
  bench_.run(text(""), alone);
  start(text(""));
  Pipeline::Holdings first;
  testing::ProcessHoldings held;
  for (int i = 0; i < kTimes; ++i) {
    const std::string camera = i % 2 == 0 ? "b" : "c";
    edit(text(", camera: {source: " + camera + ".mp4, realtime: true}"));
    if (i % 5 == 0) edit(text(", camera: " + camera + ".mp4"));  // changed
    edit(text(""));
    if (i == kTimes / 2) {  // the first stream has come everywhere by then
      first = pipeline_->holdings();
      held = testing::process_holdings();
    }
    if (i % kTimesAStep == 0) steps_.release();
  }
  EXPECT_EQ(pipeline_->holdings(), first);
  EXPECT_EQ(first.lanes, 1U);
  // Threads that ended may still be on their way out of the system.
  EXPECT_TRUE(testing::wait_for([&] {
    const testing::ProcessHoldings now = testing::process_holdings();
    return now.threads <= held.threads && now.descriptors <= held.descriptors;
  }));
  finish();
  EXPECT_EQ(sink_.lines().at("a"), alone.lines().at("a"));
  EXPECT_EQ(summary_.streams.size(), 1U);
  EXPECT_EQ(summary_.exit_code(), ExitCode::done);
}

TEST_F(EditedPipeline, OnlyTheStreamThatChangedIsOpenedAnew) {
  start(text(", b: {source: b.mp4, realtime: true}, c: {source: c.mp4, realtime: true}"));
  const auto windows = [&](const std::string& stream) {
    for (const StreamSummary& one : pipeline_->progress().streams)
      if (one.name == stream) return one.windows;
    return std::int64_t{0};
  };
  ASSERT_TRUE(testing::wait_for([&] { return windows("b") > 0 && windows("c") > 0; }));
  const std::int64_t before = windows("b");
  edit(text(", b: {source: b.mp4, realtime: true}, c: {source: b.mp4, realtime: true}"));
  EXPECT_GE(windows("b"), before);
  EXPECT_EQ(pipeline_->progress().detached.windows > 0, true) << "of the c that was";
  EXPECT_THAT(log_.lines(), ::testing::ElementsAre("pipeline.yaml: changed 'c'"));
  finish();
}

TEST_F(EditedPipeline, TheLastStreamMayBeReplacedWithoutAnEndOfTheRun) {
  steps_.release(1000);
  const auto one = [](const std::string& stream) {
    std::string text = EditedPipeline::text("");
    return text.replace(text.find("a: a.mp4"), 8, stream);
  };
  start(one("a: {source: a.mp4, realtime: true}"));
  edit(one("z: b.mp4"));
  EXPECT_THAT(log_.lines(), ::testing::ElementsAre("pipeline.yaml: added 'z'; removed 'a'"));
  finish();
  EXPECT_EQ(summary_.streams.size(), 1U);
}

TEST_F(EditedPipeline, WeightsThatChangedInPathOrContentAreExchanged) {
  LinesByStream two;
  bench_.run(text("", "plain2.safetensors"), two);
  store("plain", 1, "net.safetensors");
  start(text("", "net.safetensors"));
  edit(text("", "net.safetensors"));
  edit(text("", "plain1.safetensors"));
  EXPECT_THAT(log_.lines(), ::testing::Each(HasSubstr("nothing is new"))) << "these are the same weights";
  store("plain", 2, "plain1.safetensors");
  edit(text("", "plain1.safetensors"));
  EXPECT_EQ(log_.lines().back(), "pipeline.yaml: exchanged the weights of 'net'");
  edit(text("", "plain2.safetensors"));
  EXPECT_THAT(log_.lines().back(), HasSubstr("nothing is new"));
  finish();
  EXPECT_EQ(sink_.lines().at("a"), two.lines().at("a")) << "no clip was answered before";
}

TEST_F(EditedPipeline, AnErrorInTheFileChangesNothing) {
  LinesByStream alone;
  bench_.run(text(""), alone);
  start(text(""));
  edit(text(", b: b.mp4", "plain1.safetensors", "none"));
  ASSERT_EQ(log_.lines().size(), 1U);
  EXPECT_THAT(log_.lines()[0], HasSubstr("pipeline.yaml: not taken up, what runs goes on:\ntest.yaml:5"));
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
  finish();
  EXPECT_EQ(sink_.lines(), alone.lines());
}

TEST_F(EditedPipeline, AChangeOfTheGraphIsToldWithItsMendAndTheStreamsAreTakenUp) {
  start(text(""));
  edit(text(", b: b.mp4", "plain1.safetensors", "1"));
  EXPECT_THAT(log_.lines(),
              ::testing::ElementsAre(
                  "pipeline.yaml: added 'b'",
                  "pipeline.yaml: 'clips' cannot be changed while it runs; restart to take that up"));
  edit(text("") + "  log: {node: jsonl, from: net, file: log.jsonl}\n");
  EXPECT_THAT(log_.lines().back(), HasSubstr("'log' cannot be changed"));
  finish();
}

TEST_F(EditedPipeline, WhatWasChangedByAnotherHandStandsUntilTheFileChangesIt) {
  start(text(""));
  StreamDescription camera;
  camera.name = "camera";
  camera.source.source = bench_.folder() / "b.mp4";
  camera.source.realtime = true;
  reload_->put_stream(camera);
  reload_->put_stream(camera);
  edit(text(", c: {source: c.mp4, realtime: true}"));
  EXPECT_THAT(names(), ::testing::UnorderedElementsAre("a", "c", "camera"));
  reload_->remove_stream("c");
  EXPECT_THROW(reload_->remove_stream("c"), UsageError);
  edit(text(""));
  EXPECT_THAT(names(), ::testing::UnorderedElementsAre("a", "camera"));
  edit(text(", camera: c.mp4"));
  edit(text(""));
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
  finish();
}

TEST_F(EditedPipeline, AStreamThatNoDecodeNodeTakesIsToldAndTheOthersAreTakenUp) {
  const auto chosen = [](const std::string& streams, const std::string& names) {
    std::string text = EditedPipeline::text(streams);
    return text.replace(text.find("{node: decode}"), 14, "{node: decode, streams: [" + names + "]}");
  };
  start(chosen("", "a"));
  edit(chosen(", b: b.mp4", "a, b"));
  EXPECT_THAT(log_.lines(),
              ::testing::Contains(HasSubstr("'b' is not taken up: no decode node takes stream 'b'")));
  EXPECT_THAT(log_.lines().back(), HasSubstr("restart"));
  EXPECT_THAT(names(), ::testing::ElementsAre("a"));
  finish();
}

}  // namespace
}  // namespace actionflow
