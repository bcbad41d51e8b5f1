#include "nodes/flow/result_order.h"

#include <gtest/gtest.h>

#include <random>

namespace actionflow {
namespace {

// Notes who wrote, as "node@end".
class Notes : public ResultSink {
 public:
  void window(const WindowResult& result) override {
    text += result.node + "@" + std::to_string(static_cast<int>(result.end)) + " ";
  }
  void summary(const Summary&) override {}
  std::string text;
};

WindowResult result(const std::string& node, double end) { return {"a", node, 0, end, false, {{"x", 1}}, 0}; }

TEST(ResultOrder, IsThatOfTheWindowsEndsAndThenOfTheNodesWhoeverIsFaster) {
  struct Put {
    int node;
    double end;
  };
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::vector<std::vector<Put>> lanes{{{0, 1}, {0, 2}, {0, 3}, {0, 4}}, {{1, 2}, {1, 4}}};
    RunContext run;
    run.add_stream("a");
    Notes notes;
    ResultOrder order(run, notes);
    order.add_node({0});
    order.add_node({0});
    std::mt19937 random(seed);
    while (!lanes[0].empty() || !lanes[1].empty()) {
      auto& lane = lanes[random() % 2];
      if (lane.empty()) continue;
      const Put put = lane.front();
      lane.erase(lane.begin());
      order.put(put.node, 0, put.end, result(put.node == 0 ? "p" : "q", put.end));
    }
    order.flush();
    EXPECT_EQ(notes.text, "p@1 p@2 q@2 p@3 p@4 q@4 ");
  }
}

TEST(ResultOrder, WritesAtOnceWhatNothingCanPrecede) {
  RunContext run;
  run.add_stream("a");
  Notes notes;
  ResultOrder order(run, notes);
  order.add_node({0});
  order.add_node({0});
  order.put(0, 0, 1, result("p", 1));
  EXPECT_EQ(notes.text, "");
  order.put(1, 0, 1, std::nullopt);  // failed: it still says how far its node is
  EXPECT_EQ(notes.text, "p@1 ");
}

TEST(ResultOrder, LiveStreamsDoNotWait) {
  RunContext run;
  run.stream(run.add_stream("a")).live = true;
  Notes notes;
  ResultOrder order(run, notes);
  order.add_node({0});
  order.add_node({0});
  order.put(0, 0, 1, result("p", 1));
  EXPECT_EQ(notes.text, "p@1 ");
}

}  // namespace
}  // namespace actionflow
