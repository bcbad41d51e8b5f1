// The check that a run overwrites nothing it reads, and no file twice.
#pragma once

#include <filesystem>
#include <string>

#include "base/config/config.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// Whoever writes a file that the run reads (the pipeline's own, sources, networks, certificates), or that
// another writes, goes to `diagnostics`.
void check_outputs(const PipelineDescription& description, config::Diagnostics& diagnostics);

// Whether both name one file, by whatever links, dots and folders. Devices and pipes are none: several may
// write to them.
bool is_one_file(const std::filesystem::path& a, const std::filesystem::path& b);

// What else a run does with a file: "is the source of stream 'door'", "is written by 'log' (line 6) too";
// empty where that is nothing, or does not matter.
std::string other_use_of(const std::filesystem::path& file, const PipelineDescription& description);

}  // namespace actionflow
