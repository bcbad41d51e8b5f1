// A graph as training walks it: the nodes that the result depends on, ReLUs drawn into what they follow,
// values that are the same memory under another shape as one, and which of them want gradients.
#pragma once

#include <cstddef>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/layout.h"

namespace actionflow::training {

struct WalkedStep {
  int node = 0;            // does the work
  int relu = -1;           // the ReLU's node, where one was drawn in
  std::size_t output = 0;  // value
  std::vector<std::size_t> inputs;
  bool backward = false;    // wants gradients of parameters or has to pass them on
  std::vector<bool> wants;  // a gradient, by input
  bool passes_on = false;   // a plain sum: every wanted input's gradient is the same memory's content
  bool follows(int other) const { return other == node || other == relu; }
};

// Values stand at node + 1, the network's input at 0. `root` is the value whose memory a value shares.
struct WalkedGraph {
  std::vector<kernels::Layout> layouts;  // by value
  std::vector<std::size_t> root;         // by value
  std::vector<bool> wants_gradient;      // by root
  std::vector<int> producer;             // by root: step, −1 for the input
  std::vector<WalkedStep> steps;         // inputs and outputs are roots
  std::size_t output = 0;                // the result's value, not its root
};

// trained: by node, whether it has parameters to be trained.
WalkedGraph walk(const Graph& graph, std::int64_t batch, kernels::ElementType type,
                 const std::vector<bool>& trained);

}  // namespace actionflow::training
