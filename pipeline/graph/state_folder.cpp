#include "pipeline/graph/state_folder.h"

#include <vector>

#include "base/error.h"

namespace actionflow {

std::filesystem::path state_folder(const config::Value& pipeline, const std::filesystem::path& file) {
  std::vector<std::filesystem::path> folders;
  const config::Value* graph = pipeline.find("graph");
  if (graph && graph->is_map()) {
    for (const config::Value::Entry& node : graph->entries()) {
      const config::Value* kind = node.value.is_map() ? node.value.find("node") : nullptr;
      const config::Value* folder = kind ? node.value.find("folder") : nullptr;
      if (!folder || !kind->is_scalar() || kind->text() != "store" || !folder->is_scalar()) continue;
      folders.push_back(folder->path());
    }
  }
  if (folders.empty())
    throw UsageError(file.string() + ": keeps no events, expected a node `store` in its graph");
  if (folders.size() > 1)
    throw UsageError(file.string() + ": keeps events in several folders, expected one of them: " +
                     folders[0].string() + ", " + folders[1].string());
  return folders.front();
}

}  // namespace actionflow
