// jsonl: results as JSON, one object a line, into a file.
#include <filesystem>

#include "nodes/results/json_lines.h"
#include "nodes/sinks/sink_flow.h"
#include "nodes/sinks/sink_kinds.h"

namespace actionflow {

namespace {

struct JsonlOptions {
  std::filesystem::path file;
  static void describe(config::Fields<JsonlOptions>& fields) {
    fields.add("file", &JsonlOptions::file, "where the lines go; begun anew at each run").required();
  }
};

class JsonlNode : public Node {
 public:
  using Options = JsonlOptions;
  explicit JsonlNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>&) const override {
    return {options_.file};
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    add_result_sink(flow, use, inputs.front(), std::make_shared<JsonLinesSink>(LineOutput(options_.file)));
    return {};
  }

 private:
  Options options_;
};

}  // namespace

NodeKind jsonl_kind() {
  return node_kind<JsonlNode>("jsonl", "results as JSON lines in a file", {PortType::results},
                              PortType::nothing, false);
}

}  // namespace actionflow
