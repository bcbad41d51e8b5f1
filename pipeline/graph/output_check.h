// The check that a run overwrites nothing it reads, and no file twice.
#pragma once

#include <filesystem>
#include <string>

#include "base/config/config.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// Every node whose file is a stream's source, another node's file or that of metrics goes to `diagnostics`.
// Devices and pipes may be written by several.
void check_outputs(const PipelineDescription& description, config::Diagnostics& diagnostics);

// What else a run does with a file: "is the source of stream 'door'", "is written by 'log' (line 6) too";
// empty where that is nothing, or does not matter.
std::string other_use_of(const std::filesystem::path& file, const PipelineDescription& description);

}  // namespace actionflow
