// More files than are read at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/pipeline/run/graph_bench.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using testing::LinesByStream;

constexpr int kFiles = 12;
constexpr std::size_t kAtOnce = 4;  // with two workers

// Notes which streams have ended, and that none of their results comes later.
class Ends : public LinesByStream {
 public:
  void window(const WindowResult& result) override {
    EXPECT_FALSE(ended_.contains(result.stream));
    LinesByStream::window(result);
  }
  void stream_end(const StreamEnd& end) override {
    EXPECT_TRUE(ended_.insert(end.stream).second);
    ends_.push_back(end);
  }
  const std::vector<StreamEnd>& ends() const { return ends_; }

 private:
  std::set<std::string> ended_;
  std::vector<StreamEnd> ends_;
};

std::string graph() {
  std::string streams;
  for (int i = 0; i < kFiles; ++i)
    streams += std::string(i > 0 ? ", " : "") + "s" + std::to_string(i) + ": " + std::to_string(i) + ".mp4";
  return "options: {workers: 2}\nstreams: {" + streams +
         "}\ngraph:\n  frames: {node: decode}\n  clips: {node: window, from: frames}\n"
         "  net: {node: cnn3d, from: clips, model: plain.yaml, random_weights: 1}\n";
}

TEST(ManyFiles, AreReadAFewAtATimeAndLetGo) {
  GraphBench bench;
  for (int i = 0; i < kFiles; ++i) bench.video(std::to_string(i) + ".mp4", 20 + i, i);
  Ends sink;
  Pipeline* running = nullptr;
  std::atomic<std::size_t> most{0};
  Pipeline pipeline(bench.describe(graph()), sink, {[&](const FaultPoint&) {
                      most = std::max<std::size_t>(most, running->holdings().lanes);
                      return Fault::none;
                    }});
  running = &pipeline;
  const Summary summary = pipeline.run();
  EXPECT_EQ(summary.exit_code(), ExitCode::done);
  EXPECT_EQ(summary.streams.size(), static_cast<std::size_t>(kFiles));
  EXPECT_EQ(sink.lines().size(), static_cast<std::size_t>(kFiles));
  EXPECT_LE(most, kAtOnce);
  ASSERT_EQ(sink.ends().size(), static_cast<std::size_t>(kFiles));
  for (const StreamEnd& end : sink.ends()) {
    EXPECT_TRUE(end.whole) << end.stream;
    EXPECT_FALSE(end.error);
    EXPECT_GT(end.seconds, 0.7);
  }
}

TEST(ManyFiles, ThatCannotBeReadEndWithTheReason) {
  GraphBench bench;
  for (int i = 1; i < kFiles; ++i) bench.video(std::to_string(i) + ".mp4", 20, i);
  Ends sink;
  EXPECT_EQ(bench.run(graph(), sink).exit_code(), ExitCode::source);
  int failed = 0;
  for (const StreamEnd& end : sink.ends()) {
    EXPECT_NE(end.whole, end.error.has_value()) << end.stream;
    failed += end.error ? 1 : 0;
    EXPECT_THAT(end.error.value_or("0.mp4"), ::testing::HasSubstr("0.mp4"));
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(sink.ends().size(), static_cast<std::size_t>(kFiles));
}

TEST(ManyFiles, AStopLeavesThoseUnbegunAlone) {
  GraphBench bench;
  for (int i = 0; i < kFiles; ++i) bench.video(std::to_string(i) + ".mp4", 400, i);
  Ends sink;
  Pipeline* running = nullptr;
  Pipeline pipeline(bench.describe(graph()), sink, {[&](const FaultPoint& at) {
                      if (at.node == "net") running->stop();
                      return Fault::none;
                    }});
  running = &pipeline;
  EXPECT_TRUE(pipeline.run().interrupted);
  EXPECT_LE(sink.ends().size(), kAtOnce);
  for (const StreamEnd& end : sink.ends()) EXPECT_FALSE(end.whole) << end.stream;
}

}  // namespace
}  // namespace actionflow
