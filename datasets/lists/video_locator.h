// Where the videos of a list lie.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "datasets/lists/list_format.h"

namespace actionflow {

class VideoLocator {
 public:
  explicit VideoLocator(const std::filesystem::path& root);

  // The row's path as it can be opened; where no such file is there, where it should be. Goes to `errors`,
  // and gives nothing, for a name that leads out of the root.
  std::optional<std::filesystem::path> locate(const ListRow& row, ListErrors& errors);

 private:
  std::optional<std::filesystem::path> find(const std::filesystem::path& path);

  std::filesystem::path root_;
  std::string normal_root_;  // absolute, with a slash at its end
  std::string last_suffix_;  // that a name without one was found with: most likely the next one's too
};

}  // namespace actionflow
