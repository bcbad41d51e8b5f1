// A network as it runs along a stream: a few new samples at a call.
//
// Before each operation that reaches into the past stands a History, whose result is what was kept and then
// what is new, and the operation is unpadded in time. Every sample is computed once.
#pragma once

#include <cstdint>
#include <vector>

#include "models/graph/graph.h"
#include "models/graph/window_sharing.h"

namespace actionflow {

// A network for streams: recurrent layers go on from their state. Fed piece by piece from the beginning, in
// pieces of any size, it gives what the graph gives for the sequence as a whole. `graph` is causal throughout
// (models/graph/causality.h). The result has T = samples everywhere but behind histories; its nodes have the
// parameters of the nodes that they stand for.
Graph advancing(const Graph& graph, std::int64_t samples);

struct AdvancingWindows {
  Graph graph;
  std::vector<int> nodes;  // by node of the whole graph: the node that stands for it
};
// A network for windows that begin `hop` samples apart, which share something
// (models/graph/window_sharing.h): the input is a window's last `hop` samples, the result the window's. What
// is shared has its new steps only; what is computed anew for each window reads it behind a History that is a
// window long. Whatever a stream brought before a window does not count in it, so the first window takes
// ⌈frames / hop⌉ calls, of which only the last one's result means something.
AdvancingWindows advancing_windows(const Graph& graph, std::int64_t hop, Sharing sharing = Sharing::exact);

}  // namespace actionflow
