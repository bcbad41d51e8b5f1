// Where a pipeline keeps its events, as its file says, without anything else of it being read.
#pragma once

#include <filesystem>
#include <span>

#include "base/config/config.h"

namespace actionflow {

// The folder of the file's `store` node. Throws ConfigError, and UsageError where it has none, or several.
std::filesystem::path state_folder(const config::Value& pipeline, const std::filesystem::path& file);

}  // namespace actionflow
