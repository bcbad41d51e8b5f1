// A network as a graph of operations on values: what layers emit and plans compile.
//
// Layouts, precisions, fusing and threads belong to the plan (models/plan/plan.h); what passes ask of an
// operation stands in models/graph/traits.h. Nodes stand in an order in which every input comes first.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/graph/operation.h"

namespace actionflow {

// small_normal: of standard deviation 0.02, cut off at two of them, as transformers begin.
enum class Initializer { glorot_uniform, he_normal, orthogonal, zeros, ones, forget_bias, small_normal };

// A parameter of a layer. `name` is unique in the network: "<layer>.<role>", "<block>.<layer>.<role>".
struct Parameter {
  std::string name;
  std::string role;  // kernel, bias, gamma, …: as the operation names it (models/graph/operation.h)
  Shape shape;
  bool trainable = true;
  Initializer initializer = Initializer::zeros;
  bool operator==(const Parameter&) const = default;
};

struct GraphNode {
  std::string name;  // of the layer that emitted it (and a suffix when it emits several)
  int layer = -1;    // index of that layer in the architecture
  Operation operation;
  std::vector<int> inputs;  // indices of nodes; −1 is the network's input
  std::vector<Parameter> parameters;
  Extents extents;  // of the result
  bool operator==(const GraphNode&) const = default;
};

struct Graph {
  Extents input;
  // A part of a cut network (models/graph/cuts.h) may have several inputs: value −1 is `input`, value −2 − k
  // is further_inputs[k]. A whole network has none.
  std::vector<Extents> further_inputs;
  std::vector<GraphNode> nodes;
  int output = -1;  // index of the node whose value is the network's result

  const Extents& extents(int value) const {
    if (value >= 0) return nodes[static_cast<std::size_t>(value)].extents;
    return value == -1 ? input : further_inputs[static_cast<std::size_t>(-2 - value)];
  }
  int input_count() const { return 1 + static_cast<int>(further_inputs.size()); }
  bool operator==(const Graph&) const = default;
};

// Who reads each value: element v + graph.input_count() lists the nodes that read value v, once each.
std::vector<std::vector<int>> consumers(const Graph& graph);

}  // namespace actionflow
