// A graph compiled for training with one batch, element type and number of threads: kernels, and one planned
// arena for values, their gradients, what kernels save, and scratch.
//
// Values live from the step that writes them to the last that reads them, forward or backward; gradients from
// the first that writes them to the step that they belong to. A value's gradient is the sum over its readers:
// the first writes it, the others are added. Nothing runs backward below the lowest trained parameter.
//
// The plan holds no weights and no arena; it is immutable. Throws ModelError that names the layer for what
// cannot be trained.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/train_kernel.h"
#include "models/plan/plan.h"

namespace actionflow::training {

// How one parameter takes part. Indices into TrainPlanRequest::parameters stand for parameters everywhere.
struct ParameterUse {
  std::string name;
  bool trained = false;
};

struct TrainPlanRequest {
  const Graph& graph;  // without its closing softmax or sigmoid
  std::string network;
  std::int64_t batch = 1;
  kernels::ElementType type = kernels::ElementType::f32;  // of maps
  std::vector<ParameterUse> parameters;
  std::vector<bool> frozen_statistics;  // by node, for batch norms
  int threads = 1;
};

// What a run works on: an arena of arena_bytes(), 64-byte aligned, and by parameter its value and gradient
// (null where it is not trained).
struct TrainRun {
  std::byte* arena = nullptr;
  // The arena of a run of this plan that lay_out() has filled; null: each step lays out for itself.
  const std::byte* laid_out = nullptr;
  std::vector<float*> parameters, gradients;
  StepKey key;
  BatchSums sums;  // of the step being run, where the batch is computed in parts
};

struct TrainStep {
  // Memory to be added to, or copied to, other memory after a kernel (or copied before it).
  struct Transfer {
    std::size_t from = 0, to = 0;
    Layout layout;
  };

  std::string name;    // "conv1 + relu1"
  std::string kind;    // of its first operation
  std::string layout;  // "ndhwc16 f32 -> ndhwc16 f32"
  std::unique_ptr<const TrainKernel> kernel;
  std::vector<int> parameters;
  PlanValue result;
  // Offsets into the arena.
  std::vector<std::size_t> inputs;
  std::size_t saved = 0, forward_scratch = 0, backward_scratch = 0;
  std::size_t forward_laid_out = 0, backward_laid_out = 0;

  bool runs_backward = false;
  BackwardReads reads;
  std::size_t output_gradient = 0;
  std::vector<std::size_t> input_gradients;  // kNowhere: not wanted
  std::vector<Transfer> copies_before, additions, copies_after;

  static constexpr std::size_t kNowhere = ~std::size_t{0};
};

class TrainPlan {
 public:
  static std::unique_ptr<const TrainPlan> build(const TrainPlanRequest& request);

  const PlanValue& input() const { return input_; }
  const PlanValue& output() const { return output_; }  // f32 or bf16, one position a clip
  // To be written between forward and backward. False where nothing is trained: there is no backward.
  bool has_backward() const { return has_backward_; }
  const PlanValue& output_gradient() const { return output_gradient_; }

  const std::vector<TrainStep>& steps() const { return steps_; }
  // A step's parameters in the layout of its kernel, into the run's arena: for the same step of runs that
  // share them.
  void lay_out(std::size_t step, Direction direction, const TrainRun& run) const;
  void forward_step(std::size_t step, const TrainRun& run) const;
  void backward_step(std::size_t step, const TrainRun& run) const;
  void forward(const TrainRun& run) const;
  // Before forward_step() and backward_step() of a step whose kernel has batch_sums(), where run.sums will
  // say what came of it.
  void forward_sums(std::size_t step, const TrainRun& run, std::span<double> sums) const;
  void backward_sums(std::size_t step, const TrainRun& run, std::span<double> sums) const;

  std::size_t arena_bytes() const { return arena_bytes_; }

 private:
  friend class TrainPlanBuilder;
  ForwardArguments forward_arguments(const TrainStep& step, const TrainRun& run) const;
  BackwardArguments backward_arguments(const TrainStep& step, const TrainRun& run) const;

  PlanValue input_, output_, output_gradient_;
  bool has_backward_ = false;
  std::vector<TrainStep> steps_;
  std::size_t arena_bytes_ = 0;
};

}  // namespace actionflow::training
