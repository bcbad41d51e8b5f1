// --print-config: what a pipeline file comes to, with defaults, overrides and environment applied.
#pragma once

#include <optional>
#include <string>

#include "base/config/config.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// What the command line says beside the file, or in place of one.
struct PrintedFlags {
  std::string model, weights;
  std::optional<int> hop;
  std::optional<Advance> advance;
};

// YAML that reads back in the working folder to the same pipeline, but for scalars that came from the
// environment, shown as ***, and credentials in addresses. `document`: the file that was read, if any.
std::string print_config(const PipelineDescription& description, const std::optional<config::Value>& document,
                         const PrintedFlags& flags);

}  // namespace actionflow
