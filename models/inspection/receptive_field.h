// How much of a clip an element of each value of a network sees.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow {

// In time, height and width: how many steps of the clip it sees, never more than there are, and how far the
// neighbour's begin from its own. What sees all of an axis has that axis' extent.
struct ReceptiveField {
  std::array<std::int64_t, 3> extent{1, 1, 1}, stride{1, 1, 1};
  bool operator==(const ReceptiveField&) const = default;
};

// "16×43×43": frames × height × width.
std::string to_string(const ReceptiveField& field);

// One a node. An attention's windows, and what a reshape or permute makes of positions, count as they may
// reach at most.
std::vector<ReceptiveField> receptive_fields(const Graph& graph);

}  // namespace actionflow
