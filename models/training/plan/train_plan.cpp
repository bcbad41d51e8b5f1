#include "models/training/plan/train_plan.h"

#include <cstring>

#include "models/kernels/elementwise/gradient_sum.h"

namespace actionflow::training {

namespace {

void copy(const Layout& layout, const std::byte* from, std::byte* to) {
  std::memcpy(to, from, layout.bytes());
}

template <class F>
void transfer(const std::vector<TrainStep::Transfer>& transfers, const TrainRun& run, F&& function) {
  for (const TrainStep::Transfer& t : transfers) function(t.layout, run.arena + t.from, run.arena + t.to);
}

}  // namespace

ForwardArguments TrainPlan::forward_arguments(const TrainStep& step, const TrainRun& run) const {
  ForwardArguments arguments;
  for (const std::size_t offset : step.inputs) arguments.inputs.push_back(run.arena + offset);
  arguments.output = run.arena + step.result.offset;
  for (const int parameter : step.parameters)
    arguments.parameters.push_back(run.parameters[static_cast<std::size_t>(parameter)]);
  arguments.saved = run.arena + step.saved;
  arguments.laid_out = (run.laid_out ? run.laid_out : run.arena) + step.forward_laid_out;
  arguments.scratch = run.arena + step.forward_scratch;
  arguments.key = run.key;
  arguments.sums = run.sums;
  return arguments;
}

BackwardArguments TrainPlan::backward_arguments(const TrainStep& step, const TrainRun& run) const {
  BackwardArguments arguments;
  for (std::size_t i = 0; i < step.inputs.size(); ++i)
    arguments.inputs.push_back(step.reads.inputs[i] ? run.arena + step.inputs[i] : nullptr);
  arguments.output = step.reads.output ? run.arena + step.result.offset : nullptr;
  for (const int parameter : step.parameters) {
    arguments.parameters.push_back(run.parameters[static_cast<std::size_t>(parameter)]);
    arguments.parameter_gradients.push_back(run.gradients[static_cast<std::size_t>(parameter)]);
  }
  arguments.saved = run.arena + step.saved;
  arguments.laid_out = (run.laid_out ? run.laid_out : run.arena) + step.backward_laid_out;
  arguments.scratch = run.arena + step.backward_scratch;
  arguments.key = run.key;
  arguments.sums = run.sums;
  arguments.output_gradient = run.arena + step.output_gradient;
  for (const std::size_t offset : step.input_gradients)
    arguments.input_gradients.push_back(offset == TrainStep::kNowhere ? nullptr : run.arena + offset);
  return arguments;
}

void TrainPlan::lay_out(std::size_t index, Direction direction, const TrainRun& run) const {
  const TrainStep& step = steps_[index];
  if (step.kernel->laid_out_bytes(direction) == 0) return;
  std::vector<const float*> parameters;
  for (const int parameter : step.parameters)
    parameters.push_back(run.parameters[static_cast<std::size_t>(parameter)]);
  const std::size_t to = direction == Direction::forward ? step.forward_laid_out : step.backward_laid_out;
  step.kernel->lay_out(direction, parameters, run.arena + to);
}

void TrainPlan::forward_step(std::size_t index, const TrainRun& run) const {
  const TrainStep& step = steps_[index];
  if (run.laid_out == nullptr) lay_out(index, Direction::forward, run);
  step.kernel->forward(forward_arguments(step, run));
}

void TrainPlan::forward_sums(std::size_t index, const TrainRun& run, std::span<double> sums) const {
  const TrainStep& step = steps_[index];
  step.kernel->forward_sums(forward_arguments(step, run), sums);
}

void TrainPlan::backward_sums(std::size_t index, const TrainRun& run, std::span<double> sums) const {
  const TrainStep& step = steps_[index];
  transfer(step.copies_before, run, copy);
  step.kernel->backward_sums(backward_arguments(step, run), sums);
}

void TrainPlan::backward_step(std::size_t index, const TrainRun& run) const {
  const TrainStep& step = steps_[index];
  if (run.sums.parts.empty()) transfer(step.copies_before, run, copy);
  if (run.laid_out == nullptr) lay_out(index, Direction::backward, run);
  step.kernel->backward(backward_arguments(step, run));
  transfer(step.additions, run, add_gradient);
  transfer(step.copies_after, run, copy);
}

void TrainPlan::forward(const TrainRun& run) const {
  for (std::size_t i = 0; i < steps_.size(); ++i) forward_step(i, run);
}

}  // namespace actionflow::training
