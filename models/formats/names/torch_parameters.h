// A network's parameters as PyTorch's modules hold them: the tensors' names, and values there and back.
#pragma once

#include <string>
#include <vector>

#include "models/description/architecture.h"
#include "models/description/layers/torch_form.h"
#include "models/formats/names/channel_order.h"

namespace actionflow {

struct TorchParameter {
  const Parameter* parameter = nullptr;  // of the architecture, which must outlive this
  TorchForm form;                        // with whole names: "layer1.0.conv1.0.weight"
  FlattenedMaps maps = {};               // that the channels along `channel_axis` were
  int channel_axis = 0;
};

// In the network's order.
std::vector<TorchParameter> torch_parameters(const Architecture& architecture);

// Ours of `theirs`, one for each name of the form and of its shape (where extents of 1 behind the second axis
// do not count).
Tensor from_torch(const TorchParameter& parameter, std::vector<Tensor> theirs);
// The way back. A form without names has none.
std::vector<Tensor> to_torch(const TorchParameter& parameter, const Tensor& ours);

// Whether the two differ in extents of 1 behind the second axis at most: a dense layer may be kept as a
// convolution, and one along time without height and width.
bool same_but_for_ones(const Shape& a, const Shape& b);

}  // namespace actionflow
