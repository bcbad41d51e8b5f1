// From a fused step of a graph to the kernel that runs it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/convolution/kernel_choice.h"
#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"
#include "models/plan/fuse.h"
#include "models/plan/integer_values.h"
#include "models/weights/weights.h"

namespace actionflow {

struct KernelRequest {
  const Graph& graph;
  const Weights& weights;
  const FusedStep& step;
  std::vector<kernels::Layout> in;        // of the first node's inputs
  std::vector<kernels::Layout> operands;  // of what fused sums read
  kernels::Layout out;
  kernels::Layout between = {};             // of a joined step: of the value that its second part reads
  std::optional<IntegerForm> product = {};  // in which form a product reads its input; else as it lies
  bool add_in_place = false;                // the last sum's operand lies where the result goes
  // Set for a dense product that reads a flattened value with its padding: the layout before flattening.
  const kernels::Layout* flattened = nullptr;
  const kernels::KernelChooser* chooser = nullptr;
};

// Those that the kernel was chosen from, with what they took where that was measured; none where an operation
// has one way only.
std::vector<kernels::MeasuredCandidate> candidates_of(const KernelRequest& request);

// Null where add_in_place cannot be had. Throws ModelError naming the layer.
std::unique_ptr<kernels::Kernel> make_kernel(const KernelRequest& request);

}  // namespace actionflow
