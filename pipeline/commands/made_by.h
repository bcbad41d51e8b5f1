// What results of a pipeline depend on, beside the recordings.
#pragma once

#include <string>

#include "pipeline/graph/description.h"

namespace actionflow {

// A line "key: value" each: networks by all that they are, not by where their files lie; the nodes up to the
// last that finds something, with their options; what the command line sets over them. Two runs with the same
// text give the same results.
std::string made_by(const PipelineDescription& description, const PipelineOverrides& overrides);

}  // namespace actionflow
