// jsonl: results as JSON, one object a line, into a file.
#include <filesystem>

#include "nodes/results/json_lines.h"
#include "nodes/sinks/sink_flow.h"
#include "nodes/sinks/sink_kinds.h"

namespace actionflow {

namespace {

struct JsonlOptions {
  std::filesystem::path file;
  std::optional<RotateOptions> rotate;
  static void describe(config::Fields<JsonlOptions>& fields) {
    fields.add("file", &JsonlOptions::file, "where the lines go; begun anew at each run, unless it rotates")
        .required();
    fields.add("rotate", &JsonlOptions::rotate,
               "goes on at the file's end, and begins a new one now and then");
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
    add_result_sink(flow, use, inputs.front(),
                    options_.rotate ? std::make_shared<JsonLinesSink>(
                                          Rotation(options_.file, *options_.rotate, flow.run().clock()))
                                    : std::make_shared<JsonLinesSink>(LineOutput(options_.file)));
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
