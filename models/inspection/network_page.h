// A network as a page to look at: its layers with shapes, receptive fields, costs and memory, and how their
// weights are spread.
#pragma once

#include <string>

#include "models/description/architecture.h"
#include "models/weights/weights.h"

namespace actionflow {

// One HTML file that loads nothing. `weights` may hold none: histograms are left out then. A layer whose
// weights look as if they had never been loaded is marked.
std::string network_page(const Architecture& architecture, const Weights& weights);

}  // namespace actionflow
