#include "nodes/flow/flow.h"

#include <gtest/gtest.h>

#include "nodes/flow/node.h"

namespace actionflow {
namespace {

class Silent : public ResultSink {
 public:
  void window(const WindowResult&) override { ++written; }
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
  ~LastWord() { order_.put(node_, 0, 1, WindowResult{"a", "net", 0, 1, false, {{"x", 1}}, 0}); }
  ResultOrder& order_;
  int node_;
};

TEST(Flow, LetsGoFirstOfWhatWasMadeLast) {
  RunContext run;
  GraphOptions options;
  Silent sink;
  std::vector<int> ends;
  {
    Flow flow(run, options, sink);
    for (int i = 0; i < 4; ++i) flow.make<Part>(ends, i);
  }
  EXPECT_EQ(ends, (std::vector<int>{3, 2, 1, 0}));
}

TEST(Flow, PartsMayWriteResultsUntilTheyAreGone) {
  RunContext run;
  run.add_stream("a");
  GraphOptions options;
  Silent sink;
  {
    Flow flow(run, options, sink);
    flow.make<LastWord>(flow.result_order(), flow.result_order().add_node({0}));
  }
  EXPECT_EQ(sink.written, 1);
}

}  // namespace
}  // namespace actionflow
