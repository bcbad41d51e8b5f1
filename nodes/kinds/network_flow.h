// The flow nodes of one network: one a part, and what orders and joins between them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/network/network.h"
#include "nodes/flow/flow.h"

namespace actionflow {

// `clips` is the window node's output. Throws ModelError where it lacks the network's input form.
NodeOutput build_network(Flow& flow, const std::string& name, std::shared_ptr<const Network> network,
                         const NodeOutput& clips, const std::vector<StreamId>& streams);

}  // namespace actionflow
