// A network as a drawing: Graphviz' dot.
#pragma once

#include <string>

#include "models/description/architecture.h"

namespace actionflow {

// A box a layer with its name, kind, result and share of the multiply-accumulates; arrows as values go.
//   actionflow inspect x3d_s.yaml --dot | dot -Tsvg > x3d_s.svg
std::string network_dot(const Architecture& architecture);

}  // namespace actionflow
