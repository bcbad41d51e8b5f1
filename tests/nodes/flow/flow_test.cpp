#include "nodes/flow/flow.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <vector>

#include "nodes/flow/node.h"
#include "tests/tools/moved_clock.h"

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

// A decoder that is behind: each of its pictures takes 5 ms, and the next one is there already.
class BusyDecoder : public std::enable_shared_from_this<BusyDecoder> {
 public:
  BusyDecoder(Flow& flow, testing::MovedClock& clock, std::atomic<bool>& done)
      : clock_(clock),
        done_(done),
        stage_(flow.make_stage<int>(LanePriority::decode, [this](const Item<int>&) {
          clock_.pass(0.005);
          if (++pictures_ < kMost && !done_) next();
        })) {}
  void next() { stage_->put({}); }
  int pictures() const { return pictures_; }

  static constexpr int kMost = 100'000;

 private:
  testing::MovedClock& clock_;
  std::atomic<bool>& done_;
  std::atomic<int> pictures_ = 0;
  std::shared_ptr<LaneStage<int>> stage_;
};

TEST(Flow, NetworksGetTheirTurnThoughDecodersAreBehind) {
  testing::MovedClock clock;
  const auto run = std::make_shared<RunContext>(FaultHook{}, clock);
  GraphOptions options;
  options.workers = 1;
  Flow flow(run, options, std::make_shared<Silent>());
  std::atomic<bool> done{false};
  BusyDecoder one(flow, clock, done), other(flow, clock, done);
  std::vector<int> pictures;  // decoded before each call of the network
  auto network = flow.make_stage<int>(LanePriority::other, [&](const Item<int>&) {
    pictures.push_back(one.pictures() + other.pictures());
    const Turns::Call call(flow.turns());
    clock.pass(0.3);
    done = pictures.size() == 4;
  });
  one.next();
  other.next();
  for (int i = 0; i < 4; ++i) network->put({});
  flow.wait();
  ASSERT_EQ(pictures.size(), 4U);
  EXPECT_GT(pictures.back(), 100) << "decoders went first for as long as a call took";
  EXPECT_LT(pictures.back(), 1000) << "and then no more";
}

}  // namespace
}  // namespace actionflow
