// How the names of training's own tensors begin in a weights file ("optimizer.momentum.conv.kernel",
// "ema.conv.kernel"), beside the network's. No layer's or block's name begins so: that tells the two apart.
#pragma once

#include <string_view>

namespace actionflow {

inline constexpr std::string_view kOptimizerTensors = "optimizer.", kAverageTensors = "ema.";

// By a tensor's whole name, "<layer>.<role>".
inline bool belongs_to_training(std::string_view tensor) {
  return tensor.starts_with(kOptimizerTensors) || tensor.starts_with(kAverageTensors);
}

}  // namespace actionflow
