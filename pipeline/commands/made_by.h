// What results of a pipeline depend on, beside the recordings.
#pragma once

#include <string>

#include "pipeline/graph/description.h"

namespace actionflow {

// A line "key: value" each: networks by all that they are, not by where their files lie; the nodes up to the
// last that finds something, with their options where these are no defaults, whether the file or the command
// line has them. Two runs with the same text give the same results of the same recording.
std::string made_by(const PipelineDescription& description, const PipelineOverrides& overrides);

// What results of a recording depend on beside that: 16 digits that change with the file's own name, size or
// modification time, with its address, which is not asked, and with what is read of it: crop, mask, skip,
// frame_rate, hardware. Of a folder of frames the name alone.
std::string made_from(const SourceOptions& source);

}  // namespace actionflow
