// A product of extent 1 over positions whose channels are gated first: each times a number of the clip's own,
// and through an activation, as at the narrow end of an inverted bottleneck with squeeze-excite. A few
// positions are gated at a time, where the product then finds them in the nearest caches.
#pragma once

#include <memory>
#include <optional>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/kernel.h"

namespace actionflow::kernels {

struct GatedProduct {
  Elementwise gate;
  Layout left, right;  // of the gate, in its order
  std::optional<Activation> activation;
  ConvolutionProblem product;  // of its result
};

// Whether the kernel below takes it. It does not look at weights, batch or frames.
bool joins_gate(const GatedProduct& problem);

// Requires joins_gate(). Inputs of the kernel: left, right, then those that post-operations add. Null where
// one of these is to be added in place behind another post-operation.
std::unique_ptr<Kernel> gated_product(const GatedProduct& problem);

}  // namespace actionflow::kernels
