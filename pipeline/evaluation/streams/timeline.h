// A stream drawn over time: what happened above, what was detected below.
#pragma once

#include <string>
#include <vector>

#include "pipeline/evaluation/streams/event_measures.h"

namespace actionflow {

// SVG elements, one a minute; minutes in which nothing happened and nothing was detected are left out. What
// was missed, and what was detected and finds nothing at kLooseOverlap, bears the class `wrong`. Labels stand
// in full in tooltips.
std::string draw_timeline(const StreamDetections& stream, const std::vector<std::string>& classes);

}  // namespace actionflow
