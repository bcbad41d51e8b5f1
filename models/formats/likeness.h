// What network a file of named tensors might be of.
#pragma once

#include <cstddef>
#include <vector>

#include "models/description/architecture.h"
#include "models/formats/names/name_map.h"
#include "models/formats/weight_format.h"

namespace actionflow {

struct Likeness {
  std::size_t fitting = 0;     // the network's parameters that the file has, by name and shape
  std::size_t parameters = 0;  // all of the network's
  std::size_t others = 0;      // the file's tensors that the network has not

  // 0: nothing in common; 1: the same.
  double share() const {
    const std::size_t all = parameters + others;
    return all == 0 ? 0 : static_cast<double>(fitting) / static_cast<double>(all);
  }
};

Likeness likeness(const std::vector<ListedTensor>& tensors, const Architecture& architecture,
                  const NameMap& names = {});

}  // namespace actionflow
