#include "pipeline/web/page_sources.h"

#include <algorithm>
#include <utility>

namespace actionflow {

namespace {

// Of all nodes that events come from, each once, in the order of their networks.
std::vector<std::string> classes_of(const PipelineDescription& description) {
  std::vector<std::string> classes;
  for (const NodeDescription& node : description.nodes) {
    for (const std::string& label : node.node->classes()) {
      if (std::find(classes.begin(), classes.end(), label) == classes.end()) classes.push_back(label);
    }
  }
  return classes;
}

std::filesystem::path state_folder_of(const PipelineDescription& description) {
  for (const NodeDescription& node : description.nodes) {
    if (node.kind->name == "store") return node.node->outputs({}).front().parent_path();
  }
  return {};
}

}  // namespace

WebSources page_sources(Pipeline& pipeline, const PipelineDescription& description,
                        std::shared_ptr<const LatestResults> latest, StreamChanges* changes,
                        SettingsChanges* settings) {
  WebSources sources;
  sources.streams = [&pipeline] { return pipeline.streams(); };
  sources.newest_frame = [&pipeline](const std::string& stream) { return pipeline.newest_frame(stream); };
  sources.latest = std::move(latest);
  sources.state_folder = state_folder_of(description);
  sources.classes = classes_of(description);
  sources.metrics = [&pipeline] { return pipeline.metrics(); };
  sources.troubles = [&pipeline] { return pipeline.troubles(); };
  sources.changes = changes;
  sources.settings = settings;
  sources.look = [settings, look = description.look] { return settings ? settings->look() : look; };
  return sources;
}

}  // namespace actionflow
