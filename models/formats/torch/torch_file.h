// What torch.save() wrote: the tensors of a state dict, where they lie in the file.
//
// The zip form (PyTorch 1.6 and later) and the one before it. A state dict may be the whole file or stand in
// a checkpoint under one of the keys that training programs use. Tensors are checked to lie within their
// storages, and these within the file; none is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/formats/stored/stored_tensor.h"

namespace actionflow::torch {

// Whether the first bytes are those of a pickle, as files in the older form begin.
bool begins_as_pickle(std::string_view head);
// Whether a zip archive is PyTorch's. Throws ModelError for a damaged archive.
bool is_torch_zip(std::string_view bytes, const std::string& file);

// In the state dict's order. Throws ModelError; `file` is named in messages. The tensors' bytes are the
// file's.
std::vector<StoredTensor> read_state_dict(std::string_view bytes, const std::string& file);

}  // namespace actionflow::torch
