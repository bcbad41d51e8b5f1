// A network's gradients beside differences of its loss.
//
// The loss comes out of float32 values, so differences are taken over a distance that stands well above their
// rounding, along single elements and along the signs of a whole gradient. Both are compared with the
// gradient's largest element.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/training/training_network.h"

namespace actionflow::testing {

// Clips uniform in [−1, 1) and one-hot targets (for one output: 0 and 1), both functions of seed.
struct Batch {
  Tensor input, targets;
};
Batch random_batch(const Architecture& network, std::int64_t clips, std::uint32_t seed);

struct GradientCheck {
  double worst = 0;   // |difference quotient − gradient| over the tensor's largest gradient
  std::string where;  // "conv.kernel[12]: 0.1 beside 0.2"
  std::size_t tensors = 0;
};

// Every trained parameter of `network` at `batch`, `elements` of each and the direction of its signs.
GradientCheck check_gradients(TrainingNetwork& network, const Batch& batch, int elements = 6,
                              double distance = 4e-3);

// The gradients themselves, by name.
std::map<std::string, Tensor> gradients_of(TrainingNetwork& network, const Batch& batch,
                                           training::StepKey key = {1, 0});

}  // namespace actionflow::testing
