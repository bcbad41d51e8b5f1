// A network's weights from the tensors of a file that holds names and values only.
#pragma once

#include <string>
#include <vector>

#include "models/formats/stored/stored_tensor.h"
#include "models/formats/weight_format.h"

namespace actionflow {

// What WeightFormat::read gives for such a file. Throws ModelError: no architecture was named, or, unless
// `partly`, what does not match, on both sides.
FileModel model_of_tensors(const std::vector<StoredTensor>& tensors, const ReadOptions& options,
                           const std::string& file);

// What WeightFormat::list gives.
std::vector<ListedTensor> listed_tensors(const std::vector<StoredTensor>& tensors);

// The weights under PyTorch's names, or those of the map; in the network's order. Throws ModelError where
// PyTorch has no such layer.
std::vector<std::pair<std::string, Tensor>> torch_weights(const Model& model, const NameMap* names = nullptr);

}  // namespace actionflow
