// console: results for people. Where a graph has console nodes, the program shows what they are given
// instead of the graph's final results; where standard output is for machines, they write to stderr.
#include <unistd.h>

#include <memory>

#include "nodes/results/console_sink.h"
#include "nodes/sinks/sink_flow.h"
#include "nodes/sinks/sink_kinds.h"

namespace actionflow {

namespace {

struct ConsoleOptions {
  static void describe(config::Fields<ConsoleOptions>&) {}
};

class ConsoleNode : public Node {
 public:
  using Options = ConsoleOptions;
  explicit ConsoleNode(Options) {}

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    if (flow.results().readable()) {
      add_final_results(flow, use, inputs.front());
    } else {
      add_result_sink(flow, use, inputs.front(),
                      std::make_shared<ConsoleSink>(LineOutput(STDERR_FILENO, "standard error")));
    }
    return {};
  }
};

}  // namespace

NodeKind console_kind() {
  return node_kind<ConsoleNode>("console", "results for people, with a bar for each of the top classes",
                                {PortType::results}, PortType::nothing, false);
}

}  // namespace actionflow
