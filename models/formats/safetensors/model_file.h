// Our own weights files: safetensors whose header holds the network's description (kModelKey, the YAML text),
// so a weights file is a network, what its answers are made with (kCalibrationKey, where it was calibrated),
// and a checksum of all its bytes. The header rules over a model file beside it. Tensors whose names begin
// with "optimizer." or "ema." are training's and not part of the network.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "models/description/architecture.h"

namespace actionflow {

inline constexpr std::string_view kModelKey = "actionflow.model";
inline constexpr std::string_view kCalibrationKey = "actionflow.calibration";
inline constexpr std::string_view kQuantizationKey = "actionflow.quantization";
inline constexpr std::string_view kFormatKey = "actionflow.format";
inline constexpr int kFormatVersion = 1;

// The header of a weights file of ours for this network.
std::map<std::string, std::string> model_metadata(const Architecture& architecture);

}  // namespace actionflow
