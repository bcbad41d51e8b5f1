// Where the videos of a list lie. Lists have hundreds of thousands of names, so most are settled as text.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "datasets/lists/formats/list_format.h"
#include "datasets/lists/text/list_text.h"

namespace actionflow {

class VideoLocator {
 public:
  explicit VideoLocator(const std::filesystem::path& root);

  // The row's path as it can be opened; where no such file is there, where it should be. Goes to `errors`,
  // and gives nothing, for a name that leads out of the root.
  std::optional<std::filesystem::path> locate(const ListRow& row, ListErrors& errors);
  // The row's path, where a file of that name is there; servers are not asked.
  std::optional<std::filesystem::path> find(const ListRow& row);

 private:
  bool is_inside(const std::string& path) const;
  bool is_folder(const std::string& path);
  std::optional<std::string> with_suffix(const std::string& path);

  std::string root_;         // with a slash at its end; empty: the working folder
  bool remote_;              // the root is an address, where nothing is looked for
  std::string normal_root_;  // absolute, likewise
  std::string last_suffix_;  // that a name without one was found with: most likely the next one's too
  std::unordered_map<std::string, bool> folders_;
};

}  // namespace actionflow
