// A network for streams as it runs along one: a few new samples at a call.
//
// Before each operation that reaches into the past stands a History, whose result is what was kept and then
// what is new, and the operation is unpadded in time; recurrent layers go on from their state. Every sample
// is computed once. Fed piece by piece from the beginning, in pieces of any size, it gives what the graph
// gives for the sequence as a whole.
#pragma once

#include <cstdint>

#include "models/graph/graph.h"

namespace actionflow {

// `graph` is causal throughout (models/graph/causality.h). The result has T = samples everywhere but behind
// histories; its nodes have the parameters of the nodes that they stand for.
Graph advancing(const Graph& graph, std::int64_t samples);

}  // namespace actionflow
