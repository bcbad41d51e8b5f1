// A graph compiled for one batch, precision and number of threads: an immutable list of steps, each a
// kernel with its prepared weights, and one planned arena for every value between them.
//
// A Plan may be used from many threads at once; each brings a PlanRun over its own arena. Results do not
// depend on the number of threads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "models/graph/graph.h"
#include "models/kernels/convolution/kernel_choice.h"
#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"
#include "models/weights/quantization.h"
#include "models/weights/weights.h"

namespace actionflow {

struct PlanRequest {
  const Graph& graph;
  const Weights& weights;
  std::string network;  // its name, for messages
  std::int64_t batch = 1;
  kernels::ElementType type = kernels::ElementType::f32;  // of maps: f32 or bf16
  std::vector<bool> keep = {};  // by node: its value is to stand in memory, nothing is fused across it
  // Where it is given, maps are integers where they can (models/plan/integer_values.h), else f32; `inputs`
  // names the ranges of the graph's inputs.
  const Quantization* quantization = nullptr;
  std::vector<std::string> inputs = {kInputRange};
  const kernels::KernelChooser* chooser = nullptr;  // null: kernels by their fixed order
};

// Where a value lies.
struct PlanValue {
  kernels::Layout layout;
  std::size_t offset = 0;  // bytes from the arena's start
};

struct CompiledStep {
  std::string name;    // "conv1 + bn1 + relu"
  std::string kind;    // of its first operation
  std::string layout;  // "ndhwc16 f32 -> ndhwc16 f32"
  std::unique_ptr<const kernels::Kernel> kernel;
  // That the kernel was chosen from, in order of preference; a time of 0: not measured.
  std::vector<kernels::MeasuredCandidate> candidates;
  std::vector<std::size_t> inputs;  // offsets
  PlanValue output;
  std::size_t scratch = 0;
  std::size_t state = 0;     // offset in the stream's state, where the kernel carries one
  bool feeds_state = false;  // some state, its own or a later step's, depends on it
};

class Plan {
 public:
  // To be called with as many OpenMP threads set as the runs will have. Throws ModelError, which names
  // the layer, where something cannot be run, a parameter is missing or a size overflows.
  static std::unique_ptr<const Plan> build(const PlanRequest& request);

  const std::vector<PlanValue>& inputs() const { return inputs_; }  // in order: value −1, −2, …
  const PlanValue& output() const { return output_; }
  const std::vector<CompiledStep>& steps() const { return steps_; }
  std::size_t arena_bytes() const { return arena_bytes_; }
  std::size_t state_bytes() const { return state_bytes_; }  // of one stream
  std::size_t weight_bytes() const;

 private:
  friend class PlanBuilder;
  std::vector<PlanValue> inputs_;
  PlanValue output_;
  std::vector<CompiledStep> steps_;
  std::size_t arena_bytes_ = 0;
  std::size_t state_bytes_ = 0;
};

// A plan bound to an arena of arena_bytes(), 64-byte aligned, which the caller keeps; and to a stream's state
// of state_bytes(), likewise, zero at the stream's start, which each run leaves as the next one needs it.
// Without one every run begins afresh.
class PlanRun {
 public:
  PlanRun(const Plan& plan, std::byte* arena, std::byte* state = nullptr);

  void* at(const PlanValue& value) const { return arena_ + value.offset; }
  void run() const {
    for (const auto& step : steps_) step->run();
  }
  void run_step(std::size_t step) const { steps_[step]->run(); }
  // The state goes on as by run(), and no output is made.
  void run_state() const {
    for (const std::size_t step : feeding_) steps_[step]->run();
  }

 private:
  std::byte* arena_;
  std::vector<std::unique_ptr<kernels::Kernel::Bound>> steps_;
  std::vector<std::size_t> feeding_;  // those that feed the state
};

}  // namespace actionflow
