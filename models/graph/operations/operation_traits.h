// The traits of each operation, by the file of its name; models/graph/traits.h says what they mean.
#pragma once

#include <initializer_list>

#include "models/graph/traits.h"

namespace actionflow {

Traits traits_of(const Convolution& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Pooling& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Reduction& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const BatchNorm& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Activation& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const PRelu& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Dense& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Dropout& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Reshape& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Permute& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Concat& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Elementwise& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Slice& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Scale& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const SelectFrames& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const TimeShift& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const CumulativeMean& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Recurrent& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const ConvLstm& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const History& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const LayerNorm& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const ClassToken& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const PositionEmbedding& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Attention& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const MatMul& operation, const Graph& graph, const GraphNode& node);
Traits traits_of(const Constant& operation, const Graph& graph, const GraphNode& node);

// At most the largest int64.
std::int64_t saturating_product(std::initializer_list<std::int64_t> factors);

}  // namespace actionflow
