// Products of computed values with each other, and with constants of more axes than a matrix has.
#pragma once

#include <string>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {

// A value or a constant, and a letter for each of its axes.
struct Factor {
  const Value* value = nullptr;
  const Array* constant = nullptr;
  std::string letters = {};

  Shape shape() const { return value != nullptr ? value->view.shape() : constant->shape; }
};

// The product as Einsum says it: summed over the letters that both have and the result has not. Axes of
// extent 1 are repeated.
Value contracted(const Use& use, const Factor& a, const Factor& b, const std::string& result);

// a·b of the last two axes, with the axes before them as numpy has it. `transposed`: a·bᵀ.
Value multiplied(const Use& use, Factor a, Factor b, bool transposed = false);

}  // namespace actionflow::onnx
