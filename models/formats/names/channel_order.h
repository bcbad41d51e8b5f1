// In which order PyTorch counts the channels of a value. Flattened maps are counted time, height, width,
// channels here and channels, time, height, width there, so whatever has weights a channel behind a flatten
// has them in another order.
#pragma once

#include <cstdint>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow {

// Channel i of ours is theirs order[i]; empty where the two agree.
using ChannelOrder = std::vector<std::int64_t>;

// The maps that a value's channels were, one after the other; empty where they never were flattened. It is
// small, also where the value is not.
using FlattenedMaps = std::vector<Extents>;

// Of every node's first input.
std::vector<FlattenedMaps> flattened_inputs(const Graph& graph);

ChannelOrder channel_order(const FlattenedMaps& maps);

}  // namespace actionflow
