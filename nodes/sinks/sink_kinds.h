// The kinds of sinks, one a file; for the list of all kinds (nodes/node_kinds.h).
#pragma once

#include "nodes/flow/node.h"

namespace actionflow {

NodeKind jsonl_kind();
NodeKind console_kind();
NodeKind overlay_kind();
NodeKind mqtt_kind();
NodeKind kafka_kind();
NodeKind webhook_kind();
NodeKind store_kind();

}  // namespace actionflow
