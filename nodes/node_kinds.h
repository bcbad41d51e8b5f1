// The list of all kinds of nodes.
#pragma once

#include <string_view>
#include <vector>

#include "nodes/flow/node.h"

namespace actionflow {

// All kinds, in the order of the documentation.
const std::vector<NodeKind>& node_kinds();
// Null where there is none of that name.
const NodeKind* find_node_kind(std::string_view name);

}  // namespace actionflow
