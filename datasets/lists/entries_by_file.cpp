#include "datasets/lists/entries_by_file.h"

#include <string>
#include <unordered_map>

namespace actionflow {

EntriesByFile::EntriesByFile(const std::vector<VideoEntry>& entries) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto [at, added] = places.emplace(entries[i].path.string(), files_.size());
    if (added) files_.emplace_back();
    files_[at->second].push_back(i);
  }
}

}  // namespace actionflow
