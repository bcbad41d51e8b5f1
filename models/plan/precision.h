// In which precision a network runs, and whether this machine can.
#pragma once

#include <string>

#include "models/kernels/layout.h"

namespace actionflow {

enum class Precision { f32, bf16, int8, automatic };

// The element type of maps that are not integers; f32 stands for `automatic` and int8 too. Throws UsageError,
// with the network's name, for what this machine does not have.
kernels::ElementType element_type(const std::string& network, Precision precision);

}  // namespace actionflow
