// A network's weights from the tensors of a file that holds names and values only.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/files/mapped_file.h"
#include "models/formats/stored/stored_tensor.h"
#include "models/formats/weight_format.h"

namespace actionflow {

// What WeightFormat::read gives for such a file. Throws ModelError: no architecture was named, or, unless
// `partly`, what does not match, on both sides. Memory of `mapped`, in which the tensors lie, is let go of as
// they are read, so that a network's weights stand in memory once.
FileModel model_of_tensors(const std::vector<StoredTensor>& tensors, const ReadOptions& options,
                           const std::string& file, std::span<const MappedFile> mapped = {});

// What WeightFormat::list gives.
std::vector<ListedTensor> listed_tensors(const std::vector<StoredTensor>& tensors);

// The weights under PyTorch's names, or those of the map; in the network's order. Throws ModelError where
// PyTorch has no such layer.
std::vector<std::pair<std::string, Tensor>> torch_weights(const Model& model, const NameMap* names = nullptr);

}  // namespace actionflow
