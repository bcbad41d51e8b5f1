// Products of queries with vectors that differ by distance: terms of a decomposed bias (scores.h).
#pragma once

#include <memory>
#include <string>

#include "models/formats/onnx/operators/scores.h"

namespace actionflow::onnx {

// Of a product of a value with vectors: what it means as terms of a bias. `letters` name the axes as Einsum
// does, and `vectors`' and the result's.
struct VectorProduct {
  const Value& value;
  const Array& vectors;
  std::string letters, of_vectors, of_result;
};
std::shared_ptr<const Scores> distance_terms(const NetworkWriter& network, const VectorProduct& product);

}  // namespace actionflow::onnx
