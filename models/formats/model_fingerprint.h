// Tells whether two networks with their weights are the same.
#pragma once

#include <cstdint>

#include "models/formats/weight_files.h"

namespace actionflow {

// Of description, classes, calibration, quantization and every bit of the weights.
std::uint64_t model_fingerprint(const Model& model);

}  // namespace actionflow
