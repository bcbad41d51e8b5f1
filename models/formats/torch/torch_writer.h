// A state dict in the zip form that torch.load() reads, also with weights_only=True: an OrderedDict of
// float32 tensors.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow::torch {

// Replaces the file atomically. Throws ModelError for more than 4 GB.
void write_state_dict(const std::vector<std::pair<std::string, Tensor>>& tensors,
                      const std::filesystem::path& file);

}  // namespace actionflow::torch
