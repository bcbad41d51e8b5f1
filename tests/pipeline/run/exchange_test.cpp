// Streams that come and go, and weights exchanged, while others run.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <semaphore>
#include <thread>

#include "base/log/log.h"
#include "models/weights/initial_weights.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using testing::LinesByStream;

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

StreamDescription stream_of(const GraphBench& bench, const std::string& name, const std::string& file) {
  StreamDescription stream;
  stream.name = name;
  stream.source.source = bench.folder() / file;
  return stream;
}

// Threads that ended may still be on their way out of the system.
void expect_at_most(std::size_t wanted) {
  const Deadline deadline(60);
  while (threads() > wanted && !deadline.passed()) std::this_thread::yield();
  EXPECT_LE(threads(), wanted);
}

TEST(StreamsThatComeAndGo, LeaveTheOthersLinesToTheByteAndNothingBehind) {
  // A source that has read everything is over, while its last packets are still in the graph.
  constexpr int kTimes = 300, kTimesAStep = 6, kReadAhead = 40;
  GraphBench bench;
  bench.video("a.mp4", kTimes / kTimesAStep + kReadAhead, 1);
  bench.video("b.mp4", 12, 2);
  const std::string graph = "options: {workers: 3}\nstreams: {a: a.mp4}\n" +
                            bench.whole_graph().substr(bench.whole_graph().find("graph:")) +
                            "  log: {node: jsonl, from: vote, file: log.jsonl}\n";
  LinesByStream alone;
  bench.run(graph, alone);

  // Stream a goes on by a frame whenever another stream has come and gone a few times.
  std::counting_semaphore<> steps{0};
  LinesByStream sink;
  Pipeline pipeline(bench.describe(graph), sink, {[&](const FaultPoint& point) {
                      if (point.stream == "a" && point.node == "clips") steps.acquire();
                      return Fault::none;
                    }});
  Summary summary;
  std::thread running([&] { summary = pipeline.run(); });
  std::int64_t gone_windows = 0;
  Pipeline::Holdings first;
  std::size_t first_threads = 0;
  for (int i = 0; i < kTimes; ++i) {
    pipeline.attach(stream_of(bench, "b", "b.mp4"));
    // Some are let go while they are read, some when they have ended by themselves.
    if (i % 3 == 0) {
      while (pipeline.progress().windows() < gone_windows + 2) std::this_thread::yield();
    }
    pipeline.detach("b");
    gone_windows = pipeline.progress().detached.windows;
    if (i == kTimes / 2) {  // the first stream has come everywhere by then
      first = pipeline.holdings();
      first_threads = threads();
    }
    if (i % kTimesAStep == 0) steps.release();
  }
  EXPECT_EQ(pipeline.holdings(), first);
  EXPECT_EQ(first.lanes, 1U);
  expect_at_most(first_threads);
  steps.release(1000);
  running.join();
  EXPECT_EQ(sink.lines().at("a"), alone.lines().at("a"));
  EXPECT_EQ(summary.streams.size(), 1U);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  EXPECT_EQ(summary.detached.failed, 0);
}

TEST(StreamsThatComeAndGo, GiveWhatTheyGiveAloneAndEndTheirFiles) {
  GraphBench bench;
  bench.video("a.mp4", 30, 1);
  bench.video("b.mp4", 30, 2);
  const auto graph = [](const std::string& stream) {
    return "options: {workers: 2}\nstreams: {" + stream + ": " + stream +
           ".mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
           "  net: {node: cnn_lstm, from: clips, model: recurrent.yaml, random_weights: 1}\n"
           "  video: {node: overlay, from: [frames, net], file: out.mkv}\n";
  };
  LinesByStream alone;
  bench.run(graph("b"), alone);
  std::counting_semaphore<> go{0};
  LinesByStream sink;
  Pipeline pipeline(bench.describe(graph("a")), sink, {[&](const FaultPoint& point) {
                      if (point.stream == "a" && point.node == "clips") {
                        go.acquire();
                        go.release();
                      }
                      return Fault::none;
                    }});
  std::thread running([&] { pipeline.run(); });
  pipeline.attach(stream_of(bench, "b", "b.mp4"));
  EXPECT_THROW(pipeline.attach(stream_of(bench, "b", "b.mp4")), UsageError);
  const auto windows = std::count(alone.lines().at("b").begin(), alone.lines().at("b").end(), '\n');
  while (pipeline.progress().windows() < windows) std::this_thread::yield();
  pipeline.detach("b");
  EXPECT_THROW(pipeline.detach("b"), UsageError);
  const StopFlag never{false};
  SourceOptions options;
  options.source = bench.folder() / "out-b.mkv";
  const auto reader = Reader::open(options, never);
  int packets = 0;
  while (reader->read()) ++packets;
  EXPECT_EQ(packets, 30);
  go.release();
  running.join();
  EXPECT_EQ(sink.lines().at("b"), alone.lines().at("b"));
  EXPECT_THROW(pipeline.attach(stream_of(bench, "b", "b.mp4")), UsageError);
}

class WeightsExchanged : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  // A network with its weights, written to a file and read back.
  Model stored(const std::string& name, std::uint64_t seed, const std::string& classes = {}) {
    Architecture architecture = load_architecture(bench_.folder() / std::get<1>(GetParam()));
    if (!classes.empty()) architecture.classes = {classes + "0", classes + "1", classes + "2"};
    save_model({architecture, initial_weights(architecture, seed)}, bench_.folder() / name);
    return load_model(bench_.folder() / name, nullptr);
  }

  std::string graph(const std::string& weights) const {
    return "options: {workers: 1}\nstreams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n"
           "  clips: {node: window, from: frames, hop: 1}\n  net: {node: " +
           std::get<0>(GetParam()) + ", from: clips, weights: " + weights + "}\n";
  }

  std::vector<std::string> lines(const LinesByStream& sink) const {
    std::vector<std::string> list;
    std::istringstream text(sink.lines().at("a"));
    for (std::string line; std::getline(text, line);) list.push_back(line);
    return list;
  }

  GraphBench bench_;
};

TEST_P(WeightsExchanged, BetweenTwoClipsWithTheirClasses) {
  constexpr int kAt = 7;
  bench_.video("a.mp4", 60, 1);
  stored("one.safetensors", 1);
  const Model two = stored("two.safetensors", 2, "other");
  LinesByStream before, after, sink;
  bench_.run(graph("one.safetensors"), before);
  bench_.run(graph("two.safetensors"), after);

  Pipeline* running = nullptr;
  std::int64_t exchanged_at = -1;
  Pipeline pipeline(bench_.describe(graph("one.safetensors")), sink, {[&](const FaultPoint& point) {
                      if (point.node == "net" && point.number == kAt && exchanged_at < 0) {
                        exchanged_at = point.number;
                        running->exchange("net", two);
                      }
                      return Fault::none;
                    }});
  running = &pipeline;
  EXPECT_EQ(pipeline.run().exit_code(), ExitCode::done);
  const auto old_lines = lines(before), new_lines = lines(after), given = lines(sink);
  ASSERT_EQ(given.size(), old_lines.size());
  ASSERT_NE(old_lines, new_lines);
  // Clips that were under way keep the network that they began with.
  std::size_t change = 0;
  while (change < given.size() && given[change] == old_lines[change]) ++change;
  EXPECT_GE(change, static_cast<std::size_t>(kAt));
  EXPECT_LE(change, static_cast<std::size_t>(kAt + 3));
  for (std::size_t i = change; i < given.size(); ++i) EXPECT_EQ(given[i], new_lines[i]) << i;
}

TEST_P(WeightsExchanged, RefusesWhatDoesNotFitAndGoesOn) {
  bench_.video("a.mp4", 30, 1);
  stored("one.safetensors", 1);
  Architecture longer = load_architecture(bench_.folder() / std::get<1>(GetParam()));
  longer.input.frame_rate = 5;
  const Model other{longer, initial_weights(longer, 1)};
  LinesByStream alone, sink;
  bench_.run(graph("one.safetensors"), alone);
  Pipeline pipeline(bench_.describe(graph("one.safetensors")), sink);
  EXPECT_THROW(pipeline.exchange("net", other), ModelError);
  EXPECT_THROW(pipeline.exchange("nte", other), UsageError);
  EXPECT_EQ(pipeline.run().exit_code(), ExitCode::done);
  EXPECT_EQ(sink.lines(), alone.lines());
}

TEST(ThresholdsOfEvents, AreThoseOfTheWeightsThatRun) {
  GraphBench bench;
  bench.video("a.mp4", 100, 1);
  const auto stored = [&](const std::string& name, double threshold) {
    Architecture architecture = load_architecture(bench.folder() / "plain.yaml");
    const Weights weights = initial_weights(architecture, 4);
    EventCalibration events;
    events.thresholds = {threshold, threshold};
    Model model{std::move(architecture), weights, Calibration{"val", {}, {}, events}};
    save_model(model, bench.folder() / name);
    return model;
  };
  stored("never.safetensors", 1);
  const Model always = stored("always.safetensors", 0.01);
  const auto graph = [](const std::string& weights) {
    return "options: {workers: 1}\nstreams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n"
           "  clips: {node: window, from: frames, hop: 1}\n  net: {node: cnn3d, from: clips, weights: " +
           weights + "}\n  actions: {node: events, from: net}\n";
  };
  LinesByStream never, sink;
  bench.run(graph("never.safetensors"), never);
  EXPECT_TRUE(never.events().empty());
  Pipeline* running = nullptr;
  Pipeline pipeline(bench.describe(graph("never.safetensors")), sink, {[&](const FaultPoint& point) {
                      if (point.node == "net" && point.number == 10) running->exchange("net", always);
                      return Fault::none;
                    }});
  running = &pipeline;
  pipeline.run();
  ASSERT_FALSE(sink.events().empty());
  EXPECT_GE(sink.events().front().change.start, 0.9) << "samples 0.1 s apart";
}

INSTANTIATE_TEST_SUITE_P(Kinds, WeightsExchanged,
                         ::testing::Values(std::tuple("cnn3d", "plain.yaml"),
                                           std::tuple("cnn_lstm", "recurrent.yaml"),
                                           std::tuple("fusion_3d2d", "branches.yaml")),
                         [](const auto& test) { return std::get<0>(test.param); });

}  // namespace
}  // namespace actionflow
