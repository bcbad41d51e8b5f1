// Windows that overlap and share their computation, in a pipeline: the same lines as windows by themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/log/log.h"
#include "models/graph/advancing.h"
#include "models/graph/traits.h"
#include "models/weights/initial_weights.h"
#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using ::testing::HasSubstr;
using testing::LinesByStream;
using Lines = std::map<std::string, std::string>;

class AdvancingWindowsRun : public ::testing::Test {
 protected:
  AdvancingWindowsRun() {
    bench_.write("valid.yaml",
                 GraphBench::input("valid", 8) +
                     "  - {layer: conv3d, filters: 16, kernel: 3, padding: [0, 1, 1], activation: relu}\n"
                     "  - {layer: max_pool3d, size: 2}\n"
                     "  - {layer: conv3d, filters: 8, kernel: [2, 3, 3], padding: [0, 1, 1], bias: false}\n"
                     "  - batch_norm\n  - relu\n"
                     "  - global_average_pool\n"
                     "  - {layer: dense, units: classes, activation: softmax}\n");
    bench_.write("ordered.yaml",
                 GraphBench::input("ordered", 8) +
                     "  - {layer: conv3d, filters: 4, kernel: 3, padding: [0, 1, 1], activation: relu}\n"
                     "  - {layer: global_average_pool, over: space}\n"
                     "  - {layer: lstm, units: 8}\n"
                     "  - {layer: dense, units: classes, activation: softmax}\n");
    bench_.video("a.mp4", 61, 1);  // 25 samples
    bench_.video("b.mp4", 48, 2);
    bench_.video("short.mp4", 12, 1);  // fewer than a window's
  }

  static std::string graph(const std::string& advance, const std::string& node = "cnn3d, model: valid.yaml",
                           int hop = 2, const std::string& streams = "{a: a.mp4}") {
    return "options: {workers: 2}\nstreams: " + streams +
           "\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames, hop: " +
           std::to_string(hop) + "}\n  net: {from: clips, random_weights: 1, advance: " + advance +
           ", node: " + node + "}\n";
  }

  Lines lines(const std::string& graph, const std::set<std::int64_t>& dropped = {}) const {
    LinesByStream sink;
    const Summary summary = bench_.run(graph, sink, [&](const FaultPoint& point) {
      return point.node == "net" && dropped.contains(point.number) ? Fault::drop : Fault::none;
    });
    EXPECT_EQ(summary.exit_code(), ExitCode::done);
    return sink.lines();
  }

  double macs_a_window(const std::string& graph, int hop) const {
    const auto cost = bench_.describe(graph).nodes.back().node->cost();
    return cost ? cost->as_it_runs * hop / 10 : 0;
  }

  std::string errors(const std::string& graph) const {
    try {
      bench_.describe(graph);
    } catch (const config::ConfigError& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::usage);
      return error.what();
    }
    return {};
  }

  GraphBench bench_;
};

TEST_F(AdvancingWindowsRun, GiveTheLinesOfWindowsByThemselves) {
  const std::string streams = "{a: a.mp4, b: b.mp4, short: short.mp4}";
  const auto expect_equal = [&](const std::string& node, std::initializer_list<int> hops) {
    for (const int hop : hops)
      EXPECT_EQ(lines(graph("exact", node, hop, streams)), lines(graph("off", node, hop, streams)))
          << node << ", hop " << hop;
  };
  expect_equal("cnn3d, model: valid.yaml", {2, 4});
  expect_equal("cnn_lstm, model: ordered.yaml", {1, 2, 3});
  expect_equal("cnn3d, model: ordered.yaml", {2});
}

TEST_F(AdvancingWindowsRun, DoNotDependOnWorkersAndThreads) {
  const Lines expected = lines(graph("exact"));
  for (const std::string options : {"{workers: 1}", "{workers: 4}", "{workers: 2, threads: 2}"}) {
    std::string other = graph("exact");
    other.replace(other.find("{workers: 2}"), 12, options);
    EXPECT_EQ(lines(other), expected) << options;
  }
}

TEST_F(AdvancingWindowsRun, GoOnAfterDroppedClips) {
  const std::set<std::int64_t> dropped{0, 3, 5, 6};
  EXPECT_EQ(lines(graph("exact"), dropped), lines(graph("off"), dropped));
}

TEST_F(AdvancingWindowsRun, ComputeWhatIsNewOnly) {
  const Architecture valid = load_architecture(bench_.folder() / "valid.yaml");
  EXPECT_DOUBLE_EQ(macs_a_window(graph("off"), 2), static_cast<double>(valid.macs()));
  EXPECT_DOUBLE_EQ(macs_a_window(graph("auto"), 2),
                   static_cast<double>(multiply_accumulates(advancing_windows(valid.graph, 2).graph)));
  EXPECT_LT(macs_a_window(graph("auto"), 2) * 2.5, static_cast<double>(valid.macs()));
}

TEST_F(AdvancingWindowsRun, AreRefusedWhereTheyCannotBeExact) {
  EXPECT_THAT(
      errors(graph("exact", "cnn3d, model: plain.yaml")),
      HasSubstr("'net' has advance: exact, but the network 'plain' begins with 'conv3d_1', which pads "
                "each window in time"));
  EXPECT_THAT(errors(graph("exact", "cnn3d, model: valid.yaml", 3)),
              HasSubstr("expected a hop that is a multiple of 2, not 3"));
  EXPECT_EQ(errors(graph("auto", "cnn3d, model: plain.yaml")), "");
  EXPECT_EQ(errors(graph("exact", "cnn3d, model: valid.yaml", 8)), "") << "nothing overlaps";
}

TEST_F(AdvancingWindowsRun, SayWhenAnotherHopWouldShareMore) {
  std::vector<std::string> said;
  log::set_sink([&](log::Level, std::string_view line) { said.emplace_back(line); });
  const Lines automatic = lines(graph("auto", "cnn3d, model: valid.yaml", 3));
  log::set_sink({});
  EXPECT_THAT(said, ::testing::Contains(HasSubstr("expected a hop that is a multiple of 2, not 3")));
  EXPECT_EQ(automatic, lines(graph("off", "cnn3d, model: valid.yaml", 3)));
}

TEST_F(AdvancingWindowsRun, TheCommandLineRulesOverTheFile) {
  const auto cost = [&](const PipelineOverrides& overrides) {
    return bench_.describe(graph("off"), overrides).nodes.back().node->cost()->as_it_runs;
  };
  PipelineOverrides exact;
  exact.advance = Advance::exact;
  EXPECT_LT(cost(exact), cost({}));
}

TEST_F(AdvancingWindowsRun, GoOnWithOtherWeights) {
  constexpr std::int64_t kAt = 4;
  const Architecture architecture = load_architecture(bench_.folder() / "valid.yaml");
  const auto run = [&](const std::string& advance) {
    LinesByStream sink;
    Pipeline* running = nullptr;
    Pipeline pipeline(bench_.describe(graph(advance)), sink, {[&](const FaultPoint& point) {
                        if (point.node == "net" && point.number == kAt)
                          running->exchange("net", {architecture, initial_weights(architecture, 2)});
                        return Fault::none;
                      }});
    running = &pipeline;
    EXPECT_EQ(pipeline.run().exit_code(), ExitCode::done);
    return sink.lines();
  };
  const Lines exchanged = run("exact");
  EXPECT_NE(exchanged, lines(graph("exact")));
  std::string other = graph("off");
  other.replace(other.find("random_weights: 1"), 17, "random_weights: 2");
  // From the first window with the other weights on.
  const auto tail = [](const Lines& all) {
    std::size_t at = 0;
    for (std::int64_t line = 0; line < kAt; ++line) at = all.at("a").find('\n', at) + 1;
    return all.at("a").substr(at);
  };
  EXPECT_EQ(tail(exchanged), tail(lines(other)));
}

}  // namespace
}  // namespace actionflow
