// Actions found in running graphs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/weights/initial_weights.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;
using testing::LinesByStream;

// At such thresholds one class or another is always under way.
std::string graph(const std::string& streams = "{a: a.mp4}", const std::string& more = "") {
  return "streams: " + streams +
         "\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: 1}\n"
         "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 4}\n"
         "  actions: {node: events, from: net, begin: 0.01, end: 0.01" +
         more + "}\n";
}

std::vector<EventResult> over(const LinesByStream& sink) {
  std::vector<EventResult> list;
  for (const EventResult& event : sink.events()) {
    if (event.over()) list.push_back(event);
  }
  return list;
}

// One after another from 0 to `seconds`, each begun once and over once.
void expect_whole(const LinesByStream& sink, double seconds) {
  std::map<std::string, int> lines;
  for (const EventResult& event : sink.events()) ++lines[event.id];
  for (const auto& [id, count] : lines) EXPECT_EQ(count, 2) << id;
  double at = 0;
  for (const EventResult& event : over(sink)) {
    EXPECT_NEAR(event.change.start, at, 1e-9);
    at = event.change.end;
  }
  EXPECT_NEAR(at, seconds, 1e-9);
}

TEST(EventsNode, FindsActionsAndEndsTheLastWithTheStream) {
  GraphBench bench;
  bench.video("a.mp4", 100, 1);
  LinesByStream sink;
  const Summary summary = bench.run(graph(), sink);
  EXPECT_TRUE(sink.results().empty()) << "the network's windows are no final results";
  ASSERT_GE(over(sink).size(), 1U);
  expect_whole(sink, 4);
  EXPECT_EQ(summary.events(), static_cast<std::int64_t>(over(sink).size()));
  EXPECT_EQ(sink.events().front().node, "actions");
  EXPECT_FALSE(sink.events().front().zero_ns);
}

TEST(EventsNode, WindowsThatFailOrAreDroppedLoseNoAction) {
  GraphBench bench;
  bench.video("a.mp4", 100, 1);
  for (const bool drop : {true, false}) {
    LinesByStream sink;
    const Summary summary = bench.run(graph(), sink, [drop](const FaultPoint& at) {
      if (at.node != "net" || at.number % 3 != 2) return Fault::none;
      if (drop) return Fault::drop;
      throw std::runtime_error("broken");
    });
    EXPECT_GT(drop ? summary.dropped() : summary.failed(), 5);
    expect_whole(sink, 4);
  }
}

TEST(EventsNode, GivesTheSameLinesWhateverTheWorkers) {
  GraphBench bench;
  for (int i = 0; i < 3; ++i) bench.video(std::string(1, static_cast<char>('a' + i)) + ".mp4", 80, i);
  std::map<std::string, std::string> first;
  for (const char* workers : {"1", "4"}) {
    LinesByStream sink;
    bench.run(std::string("options: {workers: ") + workers + "}\n" + graph("{a: a.mp4, b: b.mp4, c: c.mp4}"),
              sink);
    if (first.empty()) first = sink.lines();
    EXPECT_EQ(sink.lines(), first);
  }
  EXPECT_EQ(first.size(), 3U);
}

TEST(EventsNode, StandsAboveAnEnsemble) {
  GraphBench bench;
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4"}) bench.video(name, 60, 2);
  LinesByStream sink;
  bench.run(bench.whole_graph() + "  actions: {node: events, from: vote, begin: 0.01, end: 0.01}\n", sink);
  EXPECT_EQ(sink.lines().size(), 3U);
  EXPECT_FALSE(over(sink).empty());
}

TEST(EventsNode, AStoppedRunEndsWhatIsUnderWay) {
  GraphBench bench;
  bench.video("a.mp4", 2000, 1);
  LinesByStream sink;
  Pipeline pipeline(bench.describe(graph()), sink, {[&pipeline](const FaultPoint& at) {
                      if (at.node == "actions" && at.number == 20) pipeline.stop();
                      return Fault::none;
                    }});
  EXPECT_TRUE(pipeline.run().interrupted);
  std::map<std::string, int> lines;
  for (const EventResult& event : sink.events()) ++lines[event.id];
  for (const auto& [id, count] : lines) EXPECT_EQ(count, 2) << id;
  EXPECT_FALSE(lines.empty());
}

TEST(EventsNode, JsonlAndConsoleTakeEvents) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  LinesByStream sink;
  bench.run(graph() + "  log: {node: jsonl, from: actions, file: " + (bench.folder() / "log.jsonl").string() +
                "}\n  film: {node: overlay, from: [frames, actions], file: " +
                (bench.folder() / "film.mkv").string() + "}\n",
            sink);
  std::ifstream file(bench.folder() / "log.jsonl");
  std::string lines, line;
  while (std::getline(file, line) && !line.starts_with(R"({"type":"summary")")) lines += line + "\n";
  EXPECT_EQ(lines, sink.lines().at("a"));
  EXPECT_GT(std::filesystem::file_size(bench.folder() / "film.mkv"), 1000U);
}

TEST(EventsNode, WhatIsNotGivenIsAsTheWeightsHaveIt) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  Architecture architecture = load_architecture(bench.folder() / "plain.yaml");
  const Weights weights = initial_weights(architecture, 4);
  EventCalibration strict;
  strict.thresholds = {1, 1};
  save_model({std::move(architecture), weights, Calibration{"val", {}, {}, strict}},
             bench.folder() / "strict.safetensors");
  const auto found = [&](const std::string& options) {
    LinesByStream sink;
    bench.run(
        "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: "
        "1}\n"
        "  net: {node: cnn3d, from: clips, weights: strict.safetensors}\n"
        "  actions: {node: events, from: net" +
            options + "}\n",
        sink);
    return over(sink).size();
  };
  EXPECT_EQ(found(""), 0U);
  EXPECT_GT(found(", begin: 0.01, end: 0.01"), 0U);
}

TEST(EventsNode, RefusesAClassThatTheNetworkDoesNotHave) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  try {
    bench.describe(graph("{a: a.mp4}", ", classes: {rigt: {begin: 0.5}}"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'actions' speaks of a class 'rigt', which 'net' does not have"));
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'right'?"));
  }
}

TEST(EventsNode, TakesScoresOnly) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  try {
    bench.describe(graph() + "  more: {node: events, from: actions}\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("'more' takes scores, but 'actions' gives events"));
  }
}

}  // namespace
}  // namespace actionflow
