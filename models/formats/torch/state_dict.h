// Where a checkpoint holds the network's tensors.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/formats/torch/pickle.h"

namespace actionflow::torch {

// Names and indices of Pickle::tensors. Throws ModelError that lists what the file holds instead.
std::vector<std::pair<std::string_view, std::size_t>> find_state_dict(const Pickle& pickle,
                                                                      const std::string& file);

}  // namespace actionflow::torch
