// Attributes by which passes over a graph tell readers of its nodes more than ONNX has words for.
#pragma once

namespace actionflow::onnx {

// Of LayerNormalization: the node would take the first axis in, too, so that has to be 1.
inline constexpr const char* kOverFirst = "actionflow.over_first";

}  // namespace actionflow::onnx
