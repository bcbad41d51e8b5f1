// Mixup (Zhang et al. 2018): which clips of a batch are mixed with which, and how much of each stays.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow {

// Clip i becomes lambda[i]·clip i + (1 − lambda[i])·clip partner[i].
struct MixupDraw {
  std::vector<int> partner;  // a permutation of the batch
  std::vector<float> lambda;
};

// λ is the larger of x and 1 − x with x of Beta(alpha, alpha), so that a clip stays mostly itself. A function
// of its arguments only. Requires alpha > 0.
MixupDraw draw_mixup(double alpha, int clips, std::uint64_t seed, std::uint32_t epoch, std::int64_t step);

// Targets (clips × classes) mixed as their clips are.
Tensor mix_targets(const MixupDraw& draw, const Tensor& targets);

}  // namespace actionflow
