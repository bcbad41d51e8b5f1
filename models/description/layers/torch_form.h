// How PyTorch's modules name and hold the parameters of a layer. A kind of layer that PyTorch holds otherwise
// than as one tensor of the usual name says so by a static function of this form:
//
//   static TorchForm torch_form(const Parameter& parameter, const GraphNode& node);
#pragma once

#include <string>
#include <vector>

#include "models/graph/graph.h"

namespace actionflow {

struct TorchForm {
  // After the layer's name and a point, or, where empty, that name itself; none where PyTorch has no such
  // parameter.
  std::vector<std::string> tensors;
  // What several tensors are to ours: summands, of which the second is zero when written, or its rows.
  enum class Join { one, sum, rows } join = Join::one;
  Shape shape;  // of each tensor
  // Our blocks of gates are theirs in another order: ours i is theirs gates[i]. Of the last axis of a bias,
  // of the first of a kernel.
  std::vector<std::size_t> gates = {};
};

// By the parameter's role: kernel and gamma are `weight`, beta is `bias`, moving_mean is `running_mean`, …
TorchForm usual_torch_form(const Parameter& parameter, const GraphNode& node);

}  // namespace actionflow
