// A pipeline as a picture: text in Graphviz' DOT language.
#pragma once

#include <string>

#include "pipeline/graph/description.h"

namespace actionflow {

// Streams, nodes with their kinds, and edges labelled with what runs along them. Addresses are shown without
// credentials.
std::string to_dot(const PipelineDescription& description);

}  // namespace actionflow
