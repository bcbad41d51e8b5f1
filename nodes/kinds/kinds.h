// The kinds of nodes, one a file; for registry.cpp.
#pragma once

#include "nodes/flow/node.h"

namespace actionflow {

NodeKind decode_kind();
NodeKind window_kind();
NodeKind cnn3d_kind();
NodeKind fusion_3d2d_kind();
NodeKind cnn_lstm_kind();
NodeKind ensemble_kind();
NodeKind jsonl_kind();
NodeKind console_kind();
NodeKind overlay_kind();

}  // namespace actionflow
