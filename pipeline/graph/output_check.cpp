#include "pipeline/graph/output_check.h"

#include <filesystem>
#include <vector>

namespace actionflow {

namespace {

namespace fs = std::filesystem;

// A file, and what the run does with it.
struct Use {
  const NodeUse* node;  // null: not a node's
  fs::path path;
  std::string text;
};

std::string written_by(const NodeUse& use) {
  return "is written by '" + use.name + "' (line " + std::to_string(use.place.line) + ") too";
}

// Sources, then what is written, in the nodes' order.
std::vector<Use> uses_of(const PipelineDescription& description) {
  std::vector<Use> uses;
  for (const StreamDescription& stream : description.streams)
    uses.push_back({nullptr, stream.source.source, "is the source of stream '" + stream.name + "'"});
  if (!description.metrics.file.empty())
    uses.push_back({nullptr, description.metrics.file, "is written by metrics too"});
  for (const NodeDescription& node : description.nodes) {
    std::vector<std::string> streams;
    for (const StreamId id : node.use.streams)
      streams.push_back(description.streams[static_cast<std::size_t>(id)].name);
    for (const fs::path& path : node.node->outputs(streams))
      uses.push_back({&node.use, path, written_by(node.use)});
  }
  return uses;
}

}  // namespace

bool is_one_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (fs::exists(a, error) && !fs::is_regular_file(a, error)) return false;
  if (fs::equivalent(a, b, error)) return true;
  const auto plain = [&](const fs::path& path) { return fs::weakly_canonical(fs::absolute(path), error); };
  return plain(a) == plain(b);
}

void check_outputs(const PipelineDescription& description, config::Diagnostics& diagnostics) {
  const std::vector<Use> uses = uses_of(description);
  for (auto use = uses.begin(); use != uses.end(); ++use) {
    if (!use->node) continue;
    for (auto other = uses.begin(); other != use; ++other) {
      if (!is_one_file(other->path, use->path)) continue;
      diagnostics.add(use->node->place,
                      "'" + use->node->name + "' would overwrite " + use->path.string() + ", which " +
                          (other->node == use->node ? "would hold two streams" : other->text) +
                          ", expected a file of its own");
    }
  }
}

std::string other_use_of(const fs::path& file, const PipelineDescription& description) {
  for (const Use& use : uses_of(description)) {
    if (is_one_file(use.path, file)) return use.text;
  }
  return {};
}

}  // namespace actionflow
