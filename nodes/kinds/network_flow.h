// The flow nodes of one network: one a part, and what orders and joins between them.
#pragma once

#include <memory>

#include "nodes/flow/flow.h"
#include "nodes/flow/node.h"
#include "nodes/kinds/network_slot.h"

namespace actionflow {

// `clips` is the window node's output. Throws ModelError where it lacks the network's input form.
NodeOutput build_network(Flow& flow, const NodeUse& use, std::shared_ptr<NetworkSlot> slot,
                         const NodeOutput& clips);

}  // namespace actionflow
