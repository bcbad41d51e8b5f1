#include "pipeline/run/metrics.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <mutex>

#include "pipeline/run/metrics_file.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string graph() {
  return "streams: {a: a.mp4, 'b\"\\': b.mp4}\ngraph:\n  frames: {node: decode}\n"
         "  clips: {node: window, from: frames, hop: 2}\n"
         "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n"
         "  actions: {node: events, from: net, begin: 0.01, end: 0.01}\n"
         "  hook: {node: webhook, from: actions, url: 'http://127.0.0.1:1/', spool: {file: hook.spool}}\n";
}

TEST(Metrics, SayWhatTheRunHasDone) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  bench.video("b.mp4", 25, 2);
  testing::LinesByStream sink;
  Pipeline pipeline(bench.describe(graph()), sink);
  const Summary summary = pipeline.run();
  const std::string text = pipeline.metrics();
  EXPECT_THAT(text, HasSubstr("# TYPE actionflow_frames_total counter\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_frames_total{stream=\"a\"} 50\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_frames_total{stream=\"b\\\"\\\\\"} 25\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_stream_up{stream=\"a\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_windows_dropped_total{stream=\"a\",reason=\"busy\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_windows_dropped_total{stream=\"a\",reason=\"stop\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_windows_waiting{stream=\"a\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_windows_dropped_age_seconds_count 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_queue_limit{node=\"hook\"} 64\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_windows_still_total{stream=\"a\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("actionflow_latency_seconds_count " + std::to_string(summary.latency.calls) + "\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_stage_duration_seconds_count{stage=\"net\"} " +
                              std::to_string(summary.windows()) + "\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_queue_depth{node=\"hook\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_receiver_up{node=\"hook\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_spool_messages{node=\"hook\"} "));
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes "));
}

TEST(Metrics, HaveTheQueuesOfSinksThatStandOnceAStream) {
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  bench.video("b.mp4", 25, 2);
  testing::LinesByStream sink;
  Pipeline* running = nullptr;
  std::string text;
  std::once_flag once;
  // While the stream's queues are there.
  const FaultHook look = [&](const FaultPoint& at) {
    if (at.node == "net" && at.stream == "a") std::call_once(once, [&] { text = running->metrics(); });
    return Fault::none;
  };
  Pipeline pipeline(bench.describe(graph() + "  kept: {node: store, from: actions, folder: state}\n"
                                             "  drawn: {node: overlay, from: [frames, net], file: v.mp4}\n"),
                    sink, {look});
  running = &pipeline;
  pipeline.run();
  for (const char* name : {"actionflow_queue_depth", "actionflow_queue_limit",
                           "actionflow_results_dropped_total", "actionflow_video_dropped_total"})
    EXPECT_THAT(text, HasSubstr(name + std::string("{node=\"kept\",stream=\"a\"} ")));
  EXPECT_THAT(text, HasSubstr("actionflow_queue_limit{node=\"kept\",stream=\"a\"} 256\n"));
  EXPECT_THAT(text, HasSubstr("actionflow_queue_limit{node=\"drawn\",stream=\"a\"} 16\n"));
}

TEST(Metrics, AreTakenByPrometheusOwnCheck) {
  if (std::system("command -v promtool > /dev/null") != 0) GTEST_SKIP() << "promtool is not installed";
  GraphBench bench;
  bench.video("a.mp4", 50, 1);
  bench.video("b.mp4", 25, 2);
  testing::LinesByStream sink;
  Pipeline pipeline(bench.describe(graph()), sink);
  pipeline.run();
  bench.write("metrics.prom", pipeline.metrics());
  const std::string file = (bench.folder() / "metrics.prom").string();
  const int code = std::system(("promtool check metrics < " + file + " > " + file + ".said 2>&1").c_str());
  EXPECT_EQ(code, 0) << read_file(file + ".said");
}

TEST(MetricsFile, HoldsTheNewestAtTheEnd) {
  const testing::TemporaryFolder folder;
  std::atomic<int> calls{0};
  const auto file = folder / "a.prom";
  {
    const MetricsFile metrics({OptionalPath(file), Duration{3600}},
                              [&] { return "calls " + std::to_string(++calls) + "\n"; });
    ASSERT_TRUE(testing::wait_for([&] { return std::filesystem::exists(file); }));
    EXPECT_EQ(read_file(file), "calls 1\n") << "not after an hour only";
  }
  EXPECT_EQ(read_file(file), "calls 2\n");
}

TEST(MetricsFile, WithoutAFileNothingIsMeasured) {
  int calls = 0;
  {
    const MetricsFile metrics({}, [&] { return std::to_string(++calls); });
  }
  EXPECT_EQ(calls, 0);
}

}  // namespace
}  // namespace actionflow
