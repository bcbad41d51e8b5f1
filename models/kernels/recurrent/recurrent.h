// LSTM and GRU layers. A carried one's state is handed in and out (Arguments::state): the hidden state of all
// clips, then the cell's, units padded to 16.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

struct RecurrentProblem {
  Recurrent operation;
  Layout in, out;
  std::vector<float> kernel, recurrent_kernel,
      bias;  // as Recurrent says (models/graph/operation.h); no bias: empty
};
std::unique_ptr<Kernel> make_recurrent(const RecurrentProblem& problem);

}  // namespace actionflow::kernels
