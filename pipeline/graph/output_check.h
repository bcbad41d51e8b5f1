// The check that a run overwrites nothing it reads, and no file twice.
#pragma once

#include "base/config/config.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// Every node whose file is a stream's source, or another node's file, goes to `diagnostics`. Devices and
// pipes may be written by several.
void check_outputs(const PipelineDescription& description, config::Diagnostics& diagnostics);

}  // namespace actionflow
