#include "nodes/flow/flow.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "nodes/flow/node.h"

namespace actionflow {
namespace {

class Silent : public ResultSink {
 public:
  void window(const WindowResult&) override { ++written; }
  void event(const EventResult&) override { ++written; }
  void summary(const Summary&) override {}
  int written = 0;
};

// Notes its end, and that what it was made upon is still there.
struct Part {
  Part(std::vector<int>& ends, int number) : ends_(ends), number_(number) {}
  ~Part() { ends_.push_back(number_); }
  std::vector<int>& ends_;
  int number_;
};

// Writes a last result when it goes, as a node may that still holds one.
struct LastWord {
  LastWord(ResultOrder& order, int node) : order_(order), node_(node) {}
  ~LastWord() { order_.put(node_, 0, 1, {WindowResult{"a", "net", 0, 1, false, {{"x", 1}}, 0}}); }
  ResultOrder& order_;
  int node_;
};

TEST(Flow, LetsGoFirstOfWhatWasMadeLast) {
  const auto run = std::make_shared<RunContext>();
  const GraphOptions options;
  const auto sink = std::make_shared<Silent>();
  std::vector<int> ends;
  {
    Flow flow(run, options, sink);
    for (int i = 0; i < 4; ++i) flow.make<Part>(ends, i);
  }
  EXPECT_EQ(ends, (std::vector<int>{3, 2, 1, 0}));
}

TEST(Flow, PartsMayWriteResultsUntilTheyAreGone) {
  const auto run = std::make_shared<RunContext>();
  run->add_stream("a");
  const GraphOptions options;
  const auto sink = std::make_shared<Silent>();
  {
    Flow flow(run, options, sink);
    const int node = flow.result_order().add_node();
    flow.result_order().add_stream(node, 0);
    flow.make<LastWord>(flow.result_order(), node);
  }
  EXPECT_EQ(sink->written, 1);
}

TEST(Flow, WaitsForDecodersWhoseTurnComesLast) {
  const auto run = std::make_shared<RunContext>();
  const GraphOptions options;
  Flow flow(run, options, std::make_shared<Silent>());
  std::atomic<int> pictures{0};
  const auto decoder = flow.make_stage<int>(LanePriority::decode, [&](const Item<int>&) { ++pictures; });
  for (int i = 0; i < 1000; ++i) decoder->put({});
  flow.wait();
  EXPECT_EQ(pictures, 1000);
}

}  // namespace
}  // namespace actionflow
