// What a tensor might be, for messages about those that were not found.
#pragma once

#include <string>
#include <vector>

#include "base/tensor/tensor.h"

namespace actionflow {

struct NamedShape {
  std::string name;
  Shape shape;
};

// Of the candidates of the same shape, the two whose names are most like it.
std::vector<std::string> nearest_names(const NamedShape& wanted, const std::vector<NamedShape>& candidates);

}  // namespace actionflow
