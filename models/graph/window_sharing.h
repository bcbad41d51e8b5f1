// What windows of one stream that overlap have in common, so that it is computed once.
//
// Where every step of a value sees the clip in the same way (unpadded in time, no recurrence, nothing over
// the whole clip), a step depends on its samples alone, not on where they stand in a window: the next window,
// `hop` samples later, has it too. Such a value is shared; the first operations that see a window as a whole,
// and all after them, are computed anew for each window.
//
// Approximate sharing counts padded values as alike, too: before a call's samples stand those that were,
// where a window of its own would be padded; behind them stands the padding, as at a window's end, and it is
// not computed again when the samples come that follow. What a window says of a whole, such as a gate on
// channels, holds for its new steps. The strided and the pooled count as before.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow {

enum class Sharing { exact, approximate };

// By node: samples of the clip from one step of its value to the next, where its steps are alike; else 0.
std::vector<std::int64_t> sample_strides(const Graph& graph, Sharing sharing = Sharing::exact);

// By node: whether its steps are alike and something that is not so reads them.
std::vector<bool> window_borders(const Graph& graph, Sharing sharing = Sharing::exact);

// By node: steps of a window that the window `hop` samples before it does not have; 0 where the value is
// computed anew for each window. `hop` is a multiple of the strides of all that is shared.
std::vector<std::int64_t> new_steps(const Graph& graph, std::int64_t hop, Sharing sharing = Sharing::exact);

// Samples that a hop has to be a multiple of: the stride of all that could be shared.
std::int64_t least_hop(const Graph& graph, Sharing sharing = Sharing::exact);

// Why windows so far apart share nothing, with the mend where there is one, as the rest of a sentence that
// begins with the network; empty where they do.
std::string why_nothing_shared(const Graph& graph, std::int64_t hop, Sharing sharing = Sharing::exact);

}  // namespace actionflow
