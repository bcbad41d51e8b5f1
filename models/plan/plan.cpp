#include "models/plan/plan.h"

namespace actionflow {

std::size_t Plan::weight_bytes() const {
  std::size_t total = 0;
  for (const CompiledStep& step : steps_) total += step.kernel->weight_bytes();
  return total;
}

PlanRun::PlanRun(const Plan& plan, std::byte* arena, std::byte* state) : arena_(arena) {
  for (const CompiledStep& step : plan.steps()) {
    kernels::Arguments arguments{
        .inputs = {}, .output = arena + step.output.offset, .scratch = arena + step.scratch};
    if (state != nullptr && step.kernel->state_bytes() != 0) arguments.state = state + step.state;
    for (const std::size_t offset : step.inputs) arguments.inputs.push_back(arena + offset);
    if (step.feeds_state) feeding_.push_back(steps_.size());
    steps_.push_back(step.kernel->bind(arguments));
  }
}

}  // namespace actionflow
