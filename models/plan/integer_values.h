// Which values of a plan stand in memory as 8-bit integers, and which products read their input so.
//
// A product in integers sums exactly, so its result depends neither on the kernel nor on where a clip is cut.
// Values that may be cut off from the rest (`keep`) stay f32, and so does what any other operation computes
// from: it reads and writes f32, or moves integers as they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/layout.h"
#include "models/plan/fuse.h"
#include "models/weights/quantization.h"

namespace actionflow {

// scale·integer
struct IntegerForm {
  kernels::ElementType type = kernels::ElementType::u8;
  float scale = 1;
};

// u8 from a range without negative values, else s8.
IntegerForm integer_form(const ValueRange& range);

struct IntegerValues {
  std::vector<kernels::Layout> layouts;              // by value, as they stand in memory
  std::vector<std::optional<IntegerForm>> products;  // by step: in which form its product reads its input
};

struct IntegerRequest {
  const Graph& graph;
  const std::vector<FusedStep>& steps;
  const std::vector<kernels::Layout>& layouts;  // all f32
  const std::vector<bool>& keep;                // by node
  const std::vector<std::string>& inputs;       // by input of the graph: the name of its range
  const Quantization& quantization;
};

// The nodes whose products may be of integers.
std::vector<std::string> integer_products(const Graph& graph);

// Throws ModelError that names the value whose range a product lacks.
IntegerValues integer_values(const IntegerRequest& request);

}  // namespace actionflow
