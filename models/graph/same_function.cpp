#include "models/graph/same_function.h"

#include <fmt/format.h>

#include <vector>

#include "models/graph/traits.h"

namespace actionflow {
namespace {

// A node with its inputs counted among the nodes that compute.
struct Step {
  const GraphNode* node = nullptr;
  std::vector<int> inputs;
};

std::vector<Step> steps_of(const Graph& graph) {
  std::vector<Step> steps;
  std::vector<int> step_of_node;  // −1: the network's input
  for (const GraphNode& node : graph.nodes) {
    Step step{.node = &node, .inputs = {}};
    for (const int input : node.inputs) {
      step.inputs.push_back(input < 0 ? input : step_of_node[static_cast<std::size_t>(input)]);
    }
    if (traits(graph, node).view == View::same) {
      step_of_node.push_back(step.inputs.front());
    } else {
      step_of_node.push_back(static_cast<int>(steps.size()));
      steps.push_back(std::move(step));
    }
  }
  return steps;
}

bool same_operation(Operation a, Operation b) {
  for (Operation* operation : {&a, &b}) {
    if (auto* norm = std::get_if<BatchNorm>(operation)) norm->momentum = 0;
  }
  return a == b;
}

bool same_shapes(const GraphNode& a, const GraphNode& b) {
  if (a.parameters.size() != b.parameters.size()) return false;
  for (std::size_t i = 0; i < a.parameters.size(); ++i) {
    if (a.parameters[i].shape != b.parameters[i].shape) return false;
  }
  return true;
}

}  // namespace

std::string function_difference(const Graph& a, const Graph& b) {
  if (a.input != b.input)
    return fmt::format("its input is {}, not {}", to_string(a.input), to_string(b.input));
  const std::vector<Step> ours = steps_of(a), theirs = steps_of(b);
  for (std::size_t i = 0; i < ours.size() && i < theirs.size(); ++i) {
    const GraphNode& one = *ours[i].node;
    const GraphNode& other = *theirs[i].node;
    if (one.extents != other.extents) {
      return fmt::format("its layer '{}' gives {}, and '{}' gives {}", one.name, to_string(one.extents),
                         other.name, to_string(other.extents));
    }
    if (!same_operation(one.operation, other.operation) || ours[i].inputs != theirs[i].inputs ||
        !same_shapes(one, other)) {
      return fmt::format("its layer '{}' computes something else than '{}'", one.name, other.name);
    }
  }
  if (ours.size() == theirs.size()) return {};
  return fmt::format("it has {} operations, not {}", ours.size(), theirs.size());
}

}  // namespace actionflow
