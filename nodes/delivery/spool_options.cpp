#include "nodes/delivery/spool_options.h"

#include <cstdlib>

namespace actionflow {

void SpoolOptions::describe(config::Fields<SpoolOptions>& fields) {
  fields.add("file", &SpoolOptions::file,
             "where messages wait; NODE.spool in $STATE_DIRECTORY or beside the pipeline file unless given");
  fields.add("limit", &SpoolOptions::limit, "how much may wait; beyond it the oldest are dropped")
      .at_least(10'000);
}

std::filesystem::path SpoolOptions::file_of(const std::string& node, const config::Place& place) const {
  if (!file.empty()) return file;
  const std::string name = node + ".spool";
  if (const char* state = std::getenv("STATE_DIRECTORY"); state && *state) {
    const std::string first = state;
    return std::filesystem::path(first.substr(0, first.find(':'))) / name;
  }
  return place.file ? std::filesystem::path(*place.file).parent_path() / name : std::filesystem::path(name);
}

}  // namespace actionflow
