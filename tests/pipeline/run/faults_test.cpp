// What breaks in one stream, or at any instant, changes nothing else.
#include <gtest/gtest.h>

#include <atomic>
#include <random>

#include "base/log/log.h"
#include "tests/pipeline/run/graph_bench.h"
#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

using testing::GraphBench;
using testing::LinesByStream;

class Faults : public ::testing::Test {
 protected:
  void SetUp() override {
    log::set_sink([](log::Level, std::string_view) {});
    bench_.video("a.mp4", 40, 1);
    bench_.video("b.mp4", 35, 2);
    bench_.video("c.mp4", 30, 3);
    LinesByStream sink;
    const Summary summary = bench_.run(graph(), sink, [this](const FaultPoint& point) {
      ++entries_;
      if (point.stream == "a") note_last(point);
      return Fault::none;
    });
    expected_ = sink.lines();
    windows_of_a_ = summary.streams[0].windows;
    ASSERT_EQ(summary.exit_code(), ExitCode::done);
    ASSERT_EQ(expected_.size(), 3U);
  }
  void TearDown() override { log::set_sink({}); }

  std::string graph() const {
    return bench_.whole_graph("options: {workers: 3}\n") +
           "  log: {node: jsonl, from: vote, file: out.jsonl}\n";
  }

  void note_last(const FaultPoint& point) {
    const std::lock_guard lock(mutex_);
    std::int64_t& last = last_[std::string(point.node)];
    last = std::max(last, point.number);
  }

  // Every line of one is a line of the other, in its order.
  static bool is_part_of(const std::string& part, const std::string& whole) {
    std::istringstream lines(part);
    std::size_t at = 0;
    for (std::string line; std::getline(lines, line);) {
      at = whole.find(line + "\n", at);
      if (at == std::string::npos) return false;
      at += line.size() + 1;
    }
    return true;
  }

  static std::string lines_of(const LinesByStream& sink, const std::string& stream) {
    const auto found = sink.lines().find(stream);
    return found == sink.lines().end() ? "" : found->second;
  }

  void expect_others_unchanged(const LinesByStream& sink, const std::string& what) {
    for (const std::string stream : {"b", "c"}) {
      const auto found = sink.lines().find(stream);
      ASSERT_NE(found, sink.lines().end()) << what;
      EXPECT_EQ(found->second, expected_.at(stream)) << what;
    }
  }

  GraphBench bench_;
  std::map<std::string, std::string> expected_;
  std::int64_t windows_of_a_ = 0;
  std::atomic<int> entries_{0};  // items taken by nodes in the whole run
  testing::MovedClock clock_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> last_;  // number of stream a's last item at each node
};

TEST_F(Faults, AThrowingNodeEndsItsItemAndLeavesTheOtherStreams) {
  ASSERT_GE(last_.size(), 8U);
  for (const auto& [node, last] : last_) {
    for (const std::int64_t number : {std::int64_t{0}, last / 2, last}) {
      const std::string what = node + " at " + std::to_string(number);
      LinesByStream sink;
      const Summary summary = bench_.run(graph(), sink, [&, name = node](const FaultPoint& point) {
        if (point.stream == "a" && point.node == name && point.number == number)
          throw std::runtime_error("broken");
        return Fault::none;
      });
      expect_others_unchanged(sink, what);
      EXPECT_NE(summary.exit_code(), ExitCode::done) << what;
      EXPECT_FALSE(summary.streams[0].failures.empty()) << what;
      EXPECT_TRUE(summary.streams[1].failures.empty()) << what;
    }
  }
}

TEST_F(Faults, ADroppedItemIsAnsweredInItsPlaceByEveryOrderingAndJoiningNode) {
  for (const std::string node : {"clips", "plain", "order", "both", "vote"}) {
    const std::int64_t last = last_.at(node);
    for (const std::int64_t number : {std::int64_t{0}, last / 2, last}) {
      const std::string what = node + " at " + std::to_string(number);
      LinesByStream sink;
      const Summary summary = bench_.run(graph(), sink, [&](const FaultPoint& point) {
        return point.stream == "a" && point.node == node && point.number == number ? Fault::drop
                                                                                   : Fault::none;
      });
      expect_others_unchanged(sink, what);
      EXPECT_EQ(summary.exit_code(), ExitCode::done) << what;
      if (node == "clips") continue;  // what it drops are frames, before they are windows
      EXPECT_EQ(summary.streams[0].dropped, 1) << what;
      EXPECT_EQ(summary.streams[0].windows, windows_of_a_ - 1) << what;
      EXPECT_TRUE(is_part_of(sink.lines().at("a"), expected_.at("a"))) << what;
    }
  }
}

TEST_F(Faults, EveryItemOfEveryNodeMayFailAndTheRunEnds) {
  for (const auto& [node, last] : last_) {
    LinesByStream sink;
    bench_.run(graph(), sink, [&, name = node](const FaultPoint& point) -> Fault {
      if (point.stream == "a" && point.node == name) throw std::runtime_error("broken");
      return Fault::none;
    });
    expect_others_unchanged(sink, node);
  }
}

TEST_F(Faults, StoppedAtAnyInstantItFinishesWhatIsUnderWayAndEnds) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> any(0, entries_ - 1);
  const PipelineDescription description = bench_.describe(graph());
  for (int run = 0; run < 200; ++run) {
    LinesByStream sink;
    Pipeline* running = nullptr;
    const int instant = any(random);
    std::atomic<int> entries{0};
    Pipeline pipeline(description, sink,
                      {[&](const FaultPoint&) {
                         if (entries++ == instant) running->stop();
                         return Fault::none;
                       },
                       clock_});
    running = &pipeline;
    const Summary summary = pipeline.run();
    EXPECT_TRUE(summary.interrupted) << instant;
    for (const auto& [stream, lines] : sink.lines()) {
      const std::string& whole = expected_.at(stream);
      EXPECT_EQ(whole.compare(0, lines.size(), lines), 0) << "stopped at " << instant << "\n" << lines;
    }
    for (const StreamSummary& stream : summary.streams) {
      EXPECT_EQ(stream.failed, 0) << instant;
      EXPECT_EQ(stream.dropped, 0) << instant;
    }
  }
}

TEST_F(Faults, WhatIsUnderWayAfterAStopIsGivenUpWhenItsTimeIsOver) {
  for (const double seconds : {1.6, 1.8}) {
    LinesByStream sink;
    Pipeline* running = nullptr;
    Pipeline pipeline(bench_.describe(graph()), sink,
                      {[&](const FaultPoint& point) {
                         if (point.stream == "a" && point.node == "plain" && point.number == 2) {
                           running->stop();
                           clock_.pass(seconds);
                         }
                         return Fault::none;
                       },
                       clock_});
    running = &pipeline;
    const Summary summary = pipeline.run();
    EXPECT_EQ(summary.exit_code(), ExitCode::interrupted);
    const StreamSummary& stopped = summary.streams[0];
    if (seconds < 1.7) {
      EXPECT_EQ(stopped.dropped, 0);
      EXPECT_GE(stopped.windows, 3);
    } else {
      EXPECT_GE(stopped.dropped, 1);
      EXPECT_LE(stopped.windows, 2);
    }
    EXPECT_TRUE(is_part_of(lines_of(sink, "a"), expected_.at("a"))) << seconds;
  }
}

}  // namespace
}  // namespace actionflow
