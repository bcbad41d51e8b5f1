// What a file holds, whole or by lines.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace actionflow::testing {

inline std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> lines(const std::filesystem::path& path) {
  std::vector<std::string> found;
  std::istringstream text(content(path));
  for (std::string line; std::getline(text, line);) found.push_back(line);
  return found;
}

}  // namespace actionflow::testing
