// The limit of a folder whose files can be made anew: those used longest ago go.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

namespace actionflow {

struct KeptFile {
  std::filesystem::path path;  // a file, or a folder with all that is in it
  std::uint64_t bytes = 0;
  std::filesystem::file_time_type used;
};

// Removes those used longest ago until the others have `limit` bytes at most, and gives how many they have.
// `gone` hears of each that goes; one that another process removed first goes as well.
std::uint64_t make_room(std::vector<KeptFile> files, std::uint64_t limit,
                        const std::function<void(const std::filesystem::path&)>& gone = {});

}  // namespace actionflow
