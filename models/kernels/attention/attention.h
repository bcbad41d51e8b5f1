// Attention for inference: blocks of scores under a running peak, never all of them at once.
//
// Values of either type, each input's own; products in f32. Every block of queries is computed in one order,
// whoever computes it, so results do not depend on the number of threads.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

struct AttentionProblem {
  Attention operation;
  std::vector<Layout> in;  // q, k and v, or one that holds the three
  Layout out;
  std::vector<float> table;                   // of a table of biases: distances × heads
  std::array<std::vector<float>, 3> vectors;  // of decomposed ones: time's, height's, width's
};
// Sized for the OpenMP threads of the calling thread; runs on at most as many.
std::unique_ptr<Kernel> make_attention(AttentionProblem problem);

}  // namespace actionflow::kernels
