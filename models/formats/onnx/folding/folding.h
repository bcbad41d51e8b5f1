// How one node is computed from constants. Used by constant_folding.cpp; a function an operator, by its name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/formats/onnx/graph/onnx_graph.h"

namespace actionflow::onnx {

// A node with its inputs, null where left out.
struct Folding {
  const Node& node;
  const std::vector<const Array*>& inputs;
  std::int64_t most_elements;

  const Array& input(std::size_t i) const;
  const Array* optional(std::size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }
  const std::vector<std::int64_t>& integers(std::size_t i) const;
  std::int64_t only_integer(std::size_t i) const;
  std::size_t axis(std::int64_t axis, std::size_t rank) const;
  // Fails for shapes that are none, or of too many elements.
  const Shape& checked(const Shape& shape) const;
};

using Folder = Array (*)(const Folding& f);
using Folders = std::map<std::string, Folder>;

Folders shape_folders();       // Constant, Shape, Reshape, Cast, …
Folders part_folders();        // Slice, Concat, Gather, Transpose, Expand
Folders arithmetic_folders();  // Add, Equal, Where, …

// Filled with zeros.
Array of_kind(Array::Kind kind, const Shape& shape);
void copy_element(const Array& from, std::int64_t at, Array& to, std::int64_t i);
// Elements of `from` at first + Σ index·step.
Array picked(const Array& from, const Shape& shape, const std::vector<std::int64_t>& steps,
             std::int64_t first = 0);

}  // namespace actionflow::onnx
