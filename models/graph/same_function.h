// Whether two networks compute the same function, given the same weights.
#pragma once

#include <string>

#include "models/graph/graph.h"

namespace actionflow {

// What sets them apart, as a sentence that names the first layer that differs; empty where nothing does.
// Names do not count, nor does what only training sees: dropout, batch norm's momentum, initialisers.
std::string function_difference(const Graph& a, const Graph& b);

}  // namespace actionflow
