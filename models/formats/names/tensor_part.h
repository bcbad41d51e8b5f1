// A part of a foreign tensor by its name: "attn.qkv.weight[1/3]" is the second of three equal blocks of its
// rows, the first axis. So a map of names says that a file holds in one tensor what are several parameters
// here.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/formats/stored/stored_tensor.h"

namespace actionflow {

struct TensorPart {
  std::string_view tensor;  // the whole one's name
  int index = 0, count = 1;
};

// A name without an ending of this form, or with one that makes no sense, is a whole tensor's.
TensorPart tensor_part(std::string_view name);

// A view of `whole`, called `name`; all of it where its rows are not so many equal blocks.
StoredTensor part_of(const StoredTensor& whole, const TensorPart& part);

// Parts that stand one after another become one tensor under the whole one's name, where its first part
// stood. Throws ModelError where one is missing or another's shape differs.
std::vector<std::pair<std::string, Tensor>> with_parts_joined(
    std::vector<std::pair<std::string, Tensor>> tensors);

}  // namespace actionflow
