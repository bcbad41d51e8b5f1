// LSTM and GRU layers, and the LSTM over maps. A carried one's state is handed in and out (Arguments::state):
// the hidden state of all clips, then the cell's, units padded to 16.
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

struct ConvLstmProblem {
  ConvLstm operation;
  Layout in, out;
  std::vector<float> recurrent_kernel, bias;  // as ConvLstm says; no bias: empty
};
// Its carried state: of each clip the hidden state's map (state_map.h), then the cell's.
std::unique_ptr<Kernel> make_conv_lstm(const ConvLstmProblem& problem);

}  // namespace actionflow::kernels
