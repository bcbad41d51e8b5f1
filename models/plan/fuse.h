// Which nodes of a graph run together: a convolution or dense product takes in the batch norm, activation
// and sum that follow it, where nothing else reads what lies between.
#pragma once

#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/layout.h"

namespace actionflow {

struct FusedStep {
  std::vector<int> nodes;     // the first does the work, the others follow in order; the last one's value is
                              // the step's
  std::vector<int> operands;  // the other values that fused sums read, in order
  std::size_t second = 0;     // which of the nodes begins a second product (models/plan/join.h); 0: none
};

// Memory layouts by value (value v stands at v + graph.input_count()). `type` is that of maps; vectors and
// sequences, which have no height and width, stay f32.
std::vector<kernels::Layout> value_layouts(const Graph& graph, std::int64_t batch, kernels::ElementType type);

// Steps in an order in which every input comes first. No step reaches over a node with keep[node]: its
// value then stands in memory as it is, so a network cut there computes the same bits.
std::vector<FusedStep> fuse(const Graph& graph, const std::vector<kernels::Layout>& layouts,
                            const std::vector<bool>& keep);

}  // namespace actionflow
