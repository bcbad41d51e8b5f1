// jsonl: results as JSON, one object a line, into a file.
#include <filesystem>
#include <fstream>

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

class JsonlFile {
 public:
  explicit JsonlFile(const std::filesystem::path& path)
      : file_(path, std::ios::trunc), sink_(file_, path.string()) {
    if (!file_)
      throw UsageError(path.string() + ": cannot be written, expected a folder that exists and is writable");
  }
  ResultSink& sink() { return sink_; }

 private:
  std::ofstream file_;
  JsonLinesSink sink_;
};

class JsonlNode : public Node {
 public:
  using Options = JsonlOptions;
  explicit JsonlNode(Options options) : options_(std::move(options)) {}

  std::vector<std::filesystem::path> outputs(const std::vector<std::string>&) const override {
    return {options_.file};
  }

  NodeOutput build(Flow& flow, const NodeUse& use, const std::vector<NodeOutput>& inputs) override {
    auto file = std::make_shared<JsonlFile>(options_.file);
    add_result_sink(flow, use.name, inputs.front(),
                    [file](const WindowResult& result) { file->sink().window(result); });
    flow.on_finish([file](const Summary& summary) { file->sink().summary(summary); });
    return {};
  }

 private:
  Options options_;
};

}  // namespace

NodeKind jsonl_kind() {
  return node_kind<JsonlNode>("jsonl", "results as JSON lines in a file", {PortType::scores},
                              PortType::nothing, false);
}

}  // namespace actionflow
