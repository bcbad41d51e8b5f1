#include "pipeline/graph/output_check.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace actionflow {

namespace {

namespace fs = std::filesystem;

// A file, and what the run does with it.
struct Use {
  fs::path path;
  std::string text;
  std::string writer = {};  // "'log'"; empty: it is read
  config::Place place = {};
};

std::string by(const NodeUse& use) {
  return "by '" + use.name + "' (line " + std::to_string(use.place.line) + ")";
}

std::vector<std::string> names_of(const std::vector<StreamId>& ids, const PipelineDescription& description) {
  std::vector<std::string> names;
  for (const StreamId id : ids) names.push_back(description.streams[static_cast<std::size_t>(id)].name);
  return names;
}

// What is read, then what is written, in the nodes' order.
std::vector<Use> uses_of(const PipelineDescription& description) {
  std::vector<Use> uses;
  if (description.place.file) uses.push_back({*description.place.file, "is the pipeline's own file"});
  for (const StreamDescription& stream : description.streams)
    uses.push_back({stream.source.source, "is the source of stream '" + stream.name + "'"});
  uses.push_back({description.options.kernels.file, "is read for options.kernels"});
  for (const NodeDescription& node : description.nodes)
    for (const fs::path& path : node.node->inputs()) uses.push_back({path, "is read " + by(node.use)});
  uses.push_back(
      {description.metrics.file, "is written by metrics too", "metrics", description.metrics_place});
  for (const NodeDescription& node : description.nodes)
    for (const fs::path& path : node.node->outputs(names_of(node.use.streams, description)))
      uses.push_back(
          {path, "is written " + by(node.use) + " too", "'" + node.use.name + "'", node.use.place});
  std::erase_if(uses, [](const Use& use) { return use.path.empty(); });
  return uses;
}

// A folder of pictures that is read.
bool lies_in(const Use& read, const fs::path& path) {
  std::error_code error;
  return read.writer.empty() && fs::is_directory(read.path, error) &&
         fs::equivalent(read.path, fs::absolute(path).parent_path(), error);
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
    if (use->writer.empty()) continue;
    const auto other = std::find_if(uses.begin(), use, [&](const Use& one) {
      return is_one_file(one.path, use->path) || lies_in(one, use->path);
    });
    if (other == use) continue;
    diagnostics.add(use->place, use->writer + " would overwrite " + use->path.string() + ", which " +
                                    (other->writer == use->writer ? "would hold two streams" : other->text) +
                                    ", expected a file of its own");
  }
}

std::string other_use_of(const fs::path& file, const PipelineDescription& description) {
  for (const Use& use : uses_of(description)) {
    if (is_one_file(use.path, file)) return use.text;
  }
  return {};
}

}  // namespace actionflow
