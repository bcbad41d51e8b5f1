// An attention of ours where a file holds one in its parts (scores.h).
#pragma once

#include <optional>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {

// The layer of an attention of which the node is the last product; nothing where it is none that is known.
std::optional<Value> attention_of(const Use& use);

// What is but its parts put together again, or an attention with its own queries added, by the layer that
// gives it.
Value simplified(const Use& use, Value value);

}  // namespace actionflow::onnx
