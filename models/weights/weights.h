// The values of a network's parameters, by name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/tensor/tensor.h"
#include "models/description/architecture.h"
#include "models/weights/quantization.h"

namespace actionflow {

struct Weights {
  std::map<std::string, Tensor> tensors;  // by Parameter::name, shapes as Parameter::shape
  // Measured with these tensors, for int8; nothing where that was not done.
  std::optional<Quantization> quantization = {};
};

// Throws ModelError that lists what is missing, left over, of another shape, not finite, a variance below 0.
void check_weights(const Architecture& architecture, const Weights& weights, const std::string& file);

}  // namespace actionflow
