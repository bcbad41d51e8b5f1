#include "nodes/flow/result_order.h"

#include <gtest/gtest.h>

#include <random>

namespace actionflow {
namespace {

// An order of two nodes over stream 0, and who wrote: "node@end".
struct OrderBench {
  OrderBench() {
    run.add_stream("a");
    for (int i = 0; i < 2; ++i) order.add_stream(order.add_node(), 0);
  }
  RunContext run;
  std::string text;
  ResultOrder order{run, [this](StreamId, const Result& one) {
                      const auto& result = std::get<WindowResult>(one);
                      text += result.node + "@" + std::to_string(static_cast<int>(result.end)) + " ";
                    }};
};

std::vector<Result> result(const std::string& node, double end) {
  return {WindowResult{"a", node, 0, end, false, {{"x", 1}}, 0}};
}

TEST(ResultOrder, IsThatOfTheWindowsEndsAndThenOfTheNodesWhoeverIsFaster) {
  struct Put {
    int node;
    double end;
  };
  for (unsigned seed = 0; seed < 30; ++seed) {
    std::vector<std::vector<Put>> lanes{{{0, 1}, {0, 2}, {0, 3}, {0, 4}}, {{1, 2}, {1, 4}}};
    OrderBench bench;
    std::mt19937 random(seed);
    while (!lanes[0].empty() || !lanes[1].empty()) {
      auto& lane = lanes[random() % 2];
      if (lane.empty()) continue;
      const Put put = lane.front();
      lane.erase(lane.begin());
      bench.order.put(put.node, 0, put.end, result(put.node == 0 ? "p" : "q", put.end));
    }
    bench.order.flush();
    EXPECT_EQ(bench.text, "p@1 p@2 q@2 p@3 p@4 q@4 ");
  }
}

TEST(ResultOrder, WritesAtOnceWhatNothingCanPrecede) {
  OrderBench bench;
  bench.order.put(0, 0, 1, result("p", 1));
  EXPECT_EQ(bench.text, "");
  bench.order.put(1, 0, 1, {});  // failed: it still says how far its node is
  EXPECT_EQ(bench.text, "p@1 ");
}

TEST(ResultOrder, LiveStreamsDoNotWait) {
  OrderBench bench;
  bench.run.stream(0).live = true;
  bench.order.put(0, 0, 1, result("p", 1));
  EXPECT_EQ(bench.text, "p@1 ");
}

TEST(ResultOrder, ForgetsAStreamAfterWritingWhatWaited) {
  OrderBench bench;
  bench.order.put(0, 0, 1, result("p", 1));
  bench.order.forget(0);
  EXPECT_EQ(bench.text, "p@1 ");
  EXPECT_EQ(bench.order.streams(), 0U);
}

}  // namespace
}  // namespace actionflow
