// Where gradients stand and how they are summed, step by step backward.
//
// A step's gradients may take its output's gradient's place, and the inputs of a plain sum share one buffer,
// where nothing that still reads the old content is harmed.
#pragma once

#include <string>
#include <vector>

#include "models/plan/memory.h"
#include "models/training/plan/train_graph.h"
#include "models/training/plan/train_plan.h"

namespace actionflow::training {

// The clock that all lives are counted by: the input at 0, forward steps, the loss, then backward steps.
constexpr int forward_time(int step) { return 1 + step; }
constexpr int loss_time(int steps) { return 1 + steps; }
constexpr int backward_time(int step, int steps) { return 2 + steps + (steps - 1 - step); }
constexpr int end_time(int steps) { return 2 + 2 * steps; }

struct GradientTransfer {
  int from = -1, to = -1;  // buffers
  Layout layout;
};

struct GradientStep {
  int output = -1;          // buffer with the output's gradient
  std::vector<int> inputs;  // buffers that the kernel writes; −1: not wanted
  std::vector<GradientTransfer> copies_before, additions, copies_after;
};

struct GradientMemory {
  std::vector<Buffer> buffers;
  std::vector<GradientStep> steps;
  int of_output = -1;  // −1: nothing is trained
};

GradientMemory plan_gradients(const WalkedGraph& graph, const std::vector<TrainStep>& steps);

}  // namespace actionflow::training
