// Files that a run writes once for each stream.
#pragma once

#include <filesystem>
#include <string>

namespace actionflow {

// `file` with the stream's name before its suffix: "film-door.mp4". What no file name holds becomes '_'.
std::filesystem::path stream_file(const std::filesystem::path& file, const std::string& stream);

}  // namespace actionflow
