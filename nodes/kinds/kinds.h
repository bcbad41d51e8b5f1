// The kinds of nodes between source and sinks, one a file; for the list of all kinds (nodes/node_kinds.h).
#pragma once

#include "nodes/flow/node.h"

namespace actionflow {

NodeKind decode_kind();
NodeKind window_kind();
NodeKind cnn3d_kind();
NodeKind fusion_3d2d_kind();
NodeKind cnn_lstm_kind();
NodeKind ensemble_kind();
NodeKind events_kind();

}  // namespace actionflow
