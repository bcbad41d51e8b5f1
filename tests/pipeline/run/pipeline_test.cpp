#include "pipeline/run/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "datasets/video/decoding/decoder.h"
#include "nodes/flow/clip_gate.h"
#include "tests/datasets/video/small_server.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/test_data.h"
#include "tests/tools/log_lines.h"
#include "tests/tools/moved_clock.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using testing::GraphBench;
using ::testing::HasSubstr;
using testing::LinesByStream;
using testing::LogLines;
using testing::wait_for;

// One network over one stream.
std::string simple_graph(const std::string& streams, const std::string& window = "") {
  return "streams: " + streams + "\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames" +
         window + "}\n  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n";
}

TEST(Pipeline, ClassifiesEveryWindowOfAFile) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);  // 2 s at 25 frames a second: samples at 0, 0.1, …, 1.9
  LinesByStream sink;
  const Summary summary = bench.run(simple_graph("{a: a.mp4}", ", hop: 4"), sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  EXPECT_EQ(summary.frames(), 50);
  EXPECT_EQ(summary.windows(), 5);
  ASSERT_EQ(sink.results().size(), 5U);
  for (int i = 0; i < 5; ++i) {
    const WindowResult& result = sink.results()[static_cast<std::size_t>(i)];
    EXPECT_NEAR(result.start, 0.4 * i, 1e-9);
    EXPECT_NEAR(result.end, 0.4 * i + 0.4, 1e-9);
    EXPECT_EQ(result.node, "net");
    float sum = 0;
    for (const ScoredLabel& one : result.top) sum += one.score;
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(Pipeline, StepsByHalfAWindowUnlessToldAndAlignsTheTail) {
  GraphBench bench;
  bench.video("a.mp4", 48, 1);  // the last sample is that of 1.8 s
  LinesByStream sink;
  bench.run(simple_graph("{a: a.mp4}"), sink);
  std::vector<double> starts;
  for (const WindowResult& result : sink.results()) starts.push_back(result.start);
  EXPECT_THAT(starts, ::testing::Pointwise(::testing::DoubleNear(1e-9),
                                           {0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.5}));
}

TEST(Pipeline, PadsAShorterFileAndSaysSo) {
  GraphBench bench;
  bench.video("a.mp4", 5, 1);
  LinesByStream sink;
  const Summary summary = bench.run(simple_graph("{a: a.mp4}"), sink);
  ASSERT_EQ(sink.results().size(), 1U);
  EXPECT_TRUE(sink.results()[0].padded);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
}

TEST(Pipeline, ShorterFileIsAnErrorWhereTheTailIsDropped) {
  GraphBench bench;
  bench.video("a.mp4", 5, 1);
  LinesByStream sink;
  const LogLines log;
  const Summary summary = bench.run(simple_graph("{a: a.mp4}", ", tail: drop"), sink);
  EXPECT_TRUE(sink.results().empty());
  EXPECT_EQ(summary.exit_code(), ExitCode::source);
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("shorter than a window")));
}

TEST(Pipeline, LinesAreTheSameToTheByteForAnyNumberOfWorkersAndThreads) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  bench.video("b.mp4", 45, 2, 12.5);
  bench.video("c.mp4", 70, 3, 30);
  // Final results of two nodes, under windows of different hops.
  const std::string more =
      "  often: {node: window, from: frames, hop: 1}\n"
      "  again: {node: cnn3d, from: often, model: plain.yaml, random_weights: 4}\n";
  LinesByStream one;
  bench.run(bench.whole_graph("options: {workers: 1, threads: 1}\n") + more, one);
  ASSERT_EQ(one.lines().size(), 3U);
  for (const std::string options :
       {"{workers: 2}", "{workers: 5}", "{workers: 2, threads: 2}", "{workers: 1, threads: 3}"}) {
    LinesByStream other;
    const Summary summary = bench.run(bench.whole_graph("options: " + options + "\n") + more, other);
    EXPECT_EQ(summary.exit_code(), ExitCode::done);
    EXPECT_EQ(one.lines(), other.lines()) << options;
  }
}

TEST(Pipeline, StreamsDoNotChangeEachOther) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  bench.video("b.mp4", 45, 2);
  LinesByStream alone;
  bench.run(simple_graph("{a: a.mp4}"), alone);
  LinesByStream together;
  bench.run(simple_graph("{a: a.mp4, b: b.mp4}"), together);
  EXPECT_EQ(alone.lines().at("a"), together.lines().at("a"));
}

TEST(Pipeline, EnsembleAveragesProbabilitiesByWeight) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  const std::string graph =
      "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
      "  one: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n"
      "  two: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 2}\n";
  const auto scores = [&](const std::string& more) {
    LinesByStream sink;
    bench.run(graph + more, sink);
    std::map<std::pair<std::string, double>, std::map<std::string, double>> by_window;
    for (const WindowResult& result : sink.results()) {
      for (const ScoredLabel& top : result.top) by_window[{result.node, result.start}][top.label] = top.score;
    }
    return by_window;
  };
  auto apart = scores("");
  auto together = scores("  vote: {node: ensemble, from: [one, two], weights: [3, 1]}\n");
  ASSERT_FALSE(together.empty());
  EXPECT_EQ(apart.size(), 2 * together.size());
  for (auto& [window, labels] : together) {
    EXPECT_EQ(window.first, "vote");
    for (auto& [label, score] : labels) {
      const double expected =
          0.75 * apart[{"one", window.second}][label] + 0.25 * apart[{"two", window.second}][label];
      EXPECT_NEAR(score, expected, 1e-6);
    }
  }
}

TEST(Pipeline, NetworksInPartsGiveWhatTheWholeNetworkGives) {
  GraphBench bench;
  bench.video("a.mp4", 60, 1);
  const auto lines = [&](const std::string& kind, const std::string& model) {
    LinesByStream sink;
    bench.run(
        "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: "
        "1}\n"
        "  net: {node: " +
            kind + ", from: clips, model: " + model + ", random_weights: 5}\n",
        sink);
    return sink.lines();
  };
  EXPECT_EQ(lines("cnn3d", "recurrent.yaml"), lines("cnn_lstm", "recurrent.yaml"));
  EXPECT_EQ(lines("cnn3d", "branches.yaml"), lines("fusion_3d2d", "branches.yaml"));
}

TEST(Pipeline, SharesPicturesAmongNetworksOfTwoInputForms) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  bench.write(
      "gray.yaml",
      "name: gray\ninput: {channels: 1, frames: 4, frame_rate: 10, height: 12, width: 20, color: gray}\n"
      "classes: [left, right, stay]\nlayers:\n  - {layer: conv3d, filters: 2, kernel: 3, padding: same}\n"
      "  - global_average_pool\n  - {layer: dense, units: classes}\n");
  const std::string gray = "  gray: {node: cnn3d, from: clips, model: gray.yaml, random_weights: 4}\n";
  LinesByStream both;
  const Summary summary = bench.run(simple_graph("{a: a.mp4}") + gray, both);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  LinesByStream alone;
  bench.run(
      "streams: {a: a.mp4}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n" + gray,
      alone);
  std::string gray_lines;
  std::istringstream lines(both.lines().at("a"));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"node\":\"gray\"") != std::string::npos) gray_lines += line + "\n";
  }
  EXPECT_EQ(gray_lines, alone.lines().at("a"));
}

TEST(Pipeline, FailingSourcesGiveOneLineEachAndTheOthersFinish) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  bench.write("text.mp4", "this is not a video\n");
  bench.write("empty.mp4", "");
  std::filesystem::create_directory(bench.folder() / "no_frames");
  LinesByStream alone;
  bench.run(simple_graph("{a: a.mp4}"), alone);
  const LogLines log;
  LinesByStream sink;
  const Summary summary = bench.run(
      simple_graph("{a: a.mp4, gone: gone.mp4, text: text.mp4, empty: empty.mp4, folder: no_frames}"), sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::source);
  EXPECT_EQ(sink.lines(), alone.lines());
  EXPECT_EQ(log.lines().size(), 4U) << ::testing::PrintToString(log.lines());
  for (const std::string name : {"gone", "text", "empty", "no_frames"}) {
    EXPECT_THAT(log.lines(), ::testing::Contains(HasSubstr(name)));
  }
}

TEST(Pipeline, JsonlNodeWritesTheLinesThatStandardOutputHas) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  LinesByStream sink;
  bench.run(simple_graph("{a: a.mp4}") + "  log: {node: jsonl, from: net, file: actions.jsonl}\n", sink);
  std::ifstream file(bench.folder() / "actions.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(lines.size(), sink.results().size() + 1);
  EXPECT_EQ(lines.front()["type"], "window");
  EXPECT_EQ(lines.front()["node"], "net");
  EXPECT_EQ(lines.back()["type"], "summary");
}

std::vector<std::int64_t> time_stamps(const std::filesystem::path& file) {
  const StopFlag never{false};
  SourceOptions options;
  options.source = file.string();
  const auto reader = Reader::open(options, never);
  const auto decoder = Decoder::create(reader->codec_parameters(), 1);
  std::vector<Frame> frames;
  while (auto packet = reader->read()) decoder->decode(*packet, frames);
  decoder->flush(frames);
  std::vector<std::int64_t> list;
  for (const Frame& frame : frames) list.push_back(frame.pts_us());
  return list;
}

TEST(Pipeline, OverlayKeepsEveryPictureAndItsTime) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  bench.video("b.mp4", 30, 2, 12.5);
  LinesByStream sink;
  const Summary summary = bench.run(
      simple_graph("{a: a.mp4, b: b.mp4}") + "  video: {node: overlay, from: [frames, net], file: out.mp4}\n",
      sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  for (const std::string stream : {"a", "b"}) {
    const auto drawn = time_stamps(bench.folder() / ("out-" + stream + ".mp4"));
    const auto given = time_stamps(bench.folder() / (stream + ".mp4"));
    ASSERT_EQ(drawn.size(), given.size());
    for (std::size_t i = 0; i < given.size(); ++i) EXPECT_NEAR(drawn[i], given[i], 100);
  }
}

TEST(Pipeline, OverlayOfDistantWindowsIsWrittenWhileItsVideoIsRead) {
  GraphBench bench;
  bench.video("a.mp4", 200, 1);
  const std::filesystem::path video = bench.folder() / "out.mp4";
  bool written_meanwhile = false;
  LinesByStream sink;
  bench.run("options: {workers: 4}\n" + simple_graph("{a: a.mp4}", ", hop: 60000") +
                "  video: {node: overlay, from: [frames, net], file: out.mp4}\n",
            sink, [&](const FaultPoint& point) {
              if (point.node != "clips" || point.number != 150) return Fault::none;
              written_meanwhile = wait_for([&] { return std::filesystem::exists(video); });
              return Fault::none;
            });
  EXPECT_TRUE(written_meanwhile);
  EXPECT_EQ(time_stamps(video).size(), 200U);
}

TEST(Pipeline, CountsTimeByStage) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  LinesByStream sink;
  const Summary summary = bench.run(simple_graph("{a: a.mp4}"), sink);
  std::map<std::string, StageSummary> stages;
  for (const StageSummary& stage : summary.stages) stages[stage.name] = stage;
  EXPECT_GE(stages.at("decode").calls, 50);
  EXPECT_EQ(stages.at("prepare").calls, 20);
  EXPECT_EQ(stages.at("net").calls, summary.windows());
  EXPECT_EQ(summary.latency.calls, summary.windows());
  EXPECT_GT(summary.latency.p99_ms, 0);
}

TEST(Pipeline, LatencyRunsFromTheArrivalOfAWindowsNewestFrameToItsResult) {
  GraphBench bench;
  bench.video("a.mp4", 10, 1);  // samples at 0 to 0.3 s: one window
  testing::MovedClock clock;
  LinesByStream sink;
  Pipeline pipeline(bench.describe(simple_graph("{a: a.mp4}")), sink,
                    {[&](const FaultPoint& point) {
                       if (point.node == "net") clock.pass(0.25);
                       return Fault::none;
                     },
                     clock});
  pipeline.run();
  ASSERT_EQ(sink.results().size(), 1U);
  EXPECT_NEAR(sink.results()[0].latency_ms, 250, 1e-6);
}

TEST(Pipeline, BusyNetworkDropsTheOldestClipsOfALiveStreamOnlyAndCountsThem) {
  GraphBench bench;
  bench.video("a.mp4", 40, 1);
  bench.video("b.mp4", 40, 2);
  LinesByStream alone;
  bench.run(simple_graph("{b: b.mp4}", ", hop: 1"), alone);
  constexpr int kSamples = 16;
  constexpr int kWindows = 13;  // samples at 0 to 1.5 s
  constexpr int kBelow = 4;     // half of the workers, and one that waits
  constexpr int kLeastDropped = kWindows - 1 - kBelow - static_cast<int>(ClipGate::kLiveQueue);
  LinesByStream sink;
  Pipeline* running = nullptr;
  const auto prepared = [&running] {
    for (const StageSummary& stage : running->progress().stages)
      if (stage.name == "prepare") return stage.calls;
    return std::int64_t{0};
  };
  const std::string graph =
      "options: {workers: 6}\n" + simple_graph("{a: {source: a.mp4, realtime: true}, b: b.mp4}", ", hop: 1");
  // The network takes nothing of the live stream until all but its last window are cut.
  Pipeline pipeline(bench.describe(graph), sink, {[&](const FaultPoint& point) {
                      if (point.node == "net" && point.stream == "a") {
                        EXPECT_TRUE(wait_for([&] { return prepared() == 2 * kSamples; }));
                      }
                      return Fault::none;
                    }});
  running = &pipeline;
  const Summary summary = pipeline.run();
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  EXPECT_EQ(summary.streams[0].frames, 40);
  EXPECT_GE(summary.streams[0].dropped, kLeastDropped);
  EXPECT_EQ(summary.streams[0].windows + summary.streams[0].dropped, kWindows);
  EXPECT_EQ(summary.streams[1].dropped, 0);
  EXPECT_EQ(sink.lines().at("b"), alone.lines().at("b"));
}

TEST(Pipeline, CameraThatIsNotThereIsTriedUntilStoppedWithOneLine) {
  GraphBench bench;
  bench.video("a.mp4", 40, 1);
  const LogLines log;
  LinesByStream sink;
  std::atomic<int> tries{0};
  const testing::SmallServer server([&](const testing::Connection& connection) {
    ++tries;
    connection.read_head();
  });
  std::string camera = server.address("rtsp", "/none");
  camera.insert(camera.find("127"), "user:secret@");
  Pipeline pipeline(bench.describe(simple_graph("{camera: '" + camera + "', a: a.mp4}")), sink);
  std::thread stopper([&] {
    EXPECT_TRUE(wait_for([&] { return tries >= 3 && pipeline.progress().streams[1].frames == 40; }));
    pipeline.stop();
  });
  const Summary summary = pipeline.run();
  stopper.join();
  EXPECT_EQ(summary.exit_code(), ExitCode::interrupted);
  EXPECT_EQ(summary.streams[1].frames, 40);
  ASSERT_EQ(log.lines().size(), 1U) << ::testing::PrintToString(log.lines());
  EXPECT_THAT(log.lines()[0], HasSubstr("trying again"));
  EXPECT_EQ(log.lines()[0].find("secret"), std::string::npos);
}

TEST(Pipeline, CameraThatIsNotThereFailsAtOnceWithoutRetry) {
  GraphBench bench;
  bench.video("a.mp4", 40, 1);
  const LogLines log;
  LinesByStream sink;
  const Summary summary =
      bench.run(simple_graph("{camera: {source: 'rtsp://127.0.0.1:1/none', retry: false}, a: a.mp4}"), sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::source);
  EXPECT_EQ(summary.streams[1].frames, 40);
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST(Pipeline, RealClipsRunSideBySide) {
  REQUIRE_REAL_DATA(clips, "clips");
  GraphBench bench;
  std::string streams = "{";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(clips)) {
    if (entry.path().extension() != ".avi" || count == 3) continue;
    streams += (count++ ? ", " : "") + entry.path().stem().string() + ": " + entry.path().string();
  }
  LinesByStream sink;
  const Summary summary = bench.run(simple_graph(streams + "}"), sink);
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  EXPECT_EQ(sink.lines().size(), static_cast<std::size_t>(count));
}

}  // namespace
}  // namespace actionflow
