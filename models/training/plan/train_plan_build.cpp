#include <algorithm>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "models/graph/traits.h"
#include "models/plan/value_memory.h"
#include "models/training/plan/gradient_memory.h"
#include "models/training/plan/train_graph.h"
#include "models/training/plan/train_plan.h"

namespace actionflow::training {

class TrainPlanBuilder {
 public:
  explicit TrainPlanBuilder(const TrainPlanRequest& request)
      : r_(request),
        graph_(request.graph),
        walked_(walk(graph_, r_.batch, r_.type, trained_nodes())),
        memory_(walked_.layouts, r_.network) {}

  std::unique_ptr<const TrainPlan> build() {
    for (std::size_t value = 0; value < memory_.size(); ++value)
      check_memory(activations(), memory_.bytes(value));
    for (const WalkedStep& step : walked_.steps) make_kernel(step);
    find_values();
    gradients_ = plan_gradients(walked_, plan_->steps_);
    place();
    return std::move(plan_);
  }

 private:
  int step_count() const { return static_cast<int>(walked_.steps.size()); }

  std::vector<bool> trained_nodes() {
    for (std::size_t i = 0; i < r_.parameters.size(); ++i)
      parameter_of_[r_.parameters[i].name] = static_cast<int>(i);
    std::vector<bool> trained;
    for (const GraphNode& node : graph_.nodes)
      trained.push_back(std::any_of(node.parameters.begin(), node.parameters.end(),
                                    [&](const Parameter& p) { return is_trained(p); }));
    return trained;
  }

  bool is_trained(const Parameter& parameter) const {
    return r_.parameters[static_cast<std::size_t>(parameter_of_.at(parameter.name))].trained;
  }

  std::string activations() const {
    return r_.network + ": a training step on " + std::to_string(r_.batch) + " clips needs";
  }

  void make_kernel(const WalkedStep& walked) {
    const GraphNode& node = graph_.nodes[static_cast<std::size_t>(walked.node)];
    TrainKernelRequest request{graph_, node, {}, walked_.layouts[walked.output], {}, {}};
    for (const int input : node.inputs)
      request.in.push_back(walked_.layouts[static_cast<std::size_t>(input + 1)]);
    for (std::size_t i = 0; i < walked.wants.size(); ++i) {
      const bool earlier = std::find(request.wants_input_gradient.begin(), request.wants_input_gradient.end(),
                                     true) != request.wants_input_gradient.end();
      request.wants_input_gradient.push_back(walked.wants[i] && !(walked.passes_on && earlier));
    }
    for (const Parameter& parameter : node.parameters)
      request.wants_parameter_gradient.push_back(is_trained(parameter));
    request.relu = walked.relu >= 0;
    request.frozen_statistics = r_.frozen_statistics[static_cast<std::size_t>(walked.node)];
    request.threads = r_.threads;

    TrainStep step;
    step.name =
        node.name + (walked.relu < 0 ? "" : " + " + graph_.nodes[static_cast<std::size_t>(walked.relu)].name);
    step.kind = traits(graph_, node).name;
    step.layout = to_string(request.in[0]) + " -> " + to_string(request.out);
    step.kernel = try_make(request);
    for (const Parameter& parameter : node.parameters)
      step.parameters.push_back(parameter_of_.at(parameter.name));
    step.result.layout = request.out;
    step.runs_backward = walked.backward;
    step.reads = walked.backward ? step.kernel->backward_reads() : BackwardReads{};
    step.reads.inputs.resize(node.inputs.size(), false);
    plan_->steps_.push_back(std::move(step));
  }

  std::unique_ptr<TrainKernel> try_make(const TrainKernelRequest& request) const {
    try {
      return make_train_kernel(request);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw ModelError(r_.network + ": layer '" + request.node.name + "' (" +
                       traits(graph_, request.node).name + ") cannot be trained: " + error.what());
    }
  }

  // From its forward step to its last reader; then values that replace their input.
  void find_values() {
    const int count = step_count();
    for (std::size_t v = 0; v < memory_.size(); ++v)
      if (walked_.root[v] != v) memory_.alias(v, walked_.root[v]);
    memory_.define(0, 0);
    memory_.lives_until(0, end_time(count));  // to be looked at again after a bad step
    for (int i = 0; i < count; ++i) {
      const WalkedStep& step = walked_.steps[static_cast<std::size_t>(i)];
      const BackwardReads& reads = plan_->steps_[static_cast<std::size_t>(i)].reads;
      const auto last = [&](bool read) { return read ? backward_time(i, count) : forward_time(i); };
      memory_.define(step.output, forward_time(i));
      memory_.lives_until(step.output, last(reads.output));
      for (std::size_t k = 0; k < step.inputs.size(); ++k)
        memory_.lives_until(step.inputs[k], last(reads.inputs[k]));
    }
    memory_.lives_until(walked_.output, loss_time(count));
    for (int i = 0; i < count; ++i) put_in_place(i);
  }

  void put_in_place(int index) {
    const WalkedStep& step = walked_.steps[static_cast<std::size_t>(index)];
    if (plan_->steps_[static_cast<std::size_t>(index)].kernel->works_in_place() &&
        memory_.can_replace(step.inputs[0], step.output, step.inputs, forward_time(index)))
      memory_.replace(step.inputs[0], step.output);
  }

  void place() {
    for (const Buffer& buffer : gradients_.buffers) memory_.add_buffer(buffer);
    for (int i = 0; i < step_count(); ++i) {
      TrainStep& step = plan_->steps_[static_cast<std::size_t>(i)];
      const int forward = forward_time(i), backward = backward_time(i, step_count());
      step.saved = memory_.add_buffer(
          {step.kernel->saved_bytes(), forward, step.runs_backward ? backward : forward, 0});
      step.forward_scratch = memory_.add_buffer({step.kernel->forward_scratch_bytes(), forward, forward, 0});
      step.backward_scratch = memory_.add_buffer(
          {step.runs_backward ? step.kernel->backward_scratch_bytes() : 0, backward, backward, 0});
      step.forward_laid_out =
          memory_.add_buffer({step.kernel->laid_out_bytes(Direction::forward), forward, forward, 0});
      step.backward_laid_out = memory_.add_buffer(
          {step.runs_backward ? step.kernel->laid_out_bytes(Direction::backward) : 0, backward, backward, 0});
    }
    plan_->arena_bytes_ = memory_.place();

    const auto gradient_offset = [&](int gradient) {
      return gradient < 0 ? TrainStep::kNowhere : memory_.buffer_offset(static_cast<std::size_t>(gradient));
    };
    for (std::size_t i = 0; i < plan_->steps_.size(); ++i) {
      TrainStep& step = plan_->steps_[i];
      const WalkedStep& walked = walked_.steps[i];
      for (const std::size_t input : walked.inputs) step.inputs.push_back(memory_.offset(input));
      step.result.offset = memory_.offset(walked.output);
      for (std::size_t* at : {&step.saved, &step.forward_scratch, &step.backward_scratch,
                              &step.forward_laid_out, &step.backward_laid_out})
        *at = memory_.buffer_offset(*at);
      if (step.runs_backward) place_gradients(step, gradients_.steps[i], gradient_offset);
    }
    const auto lies = [&](std::size_t value) {
      return PlanValue{memory_.layout(value), memory_.offset(value)};
    };
    plan_->input_ = lies(0);
    plan_->output_ = lies(walked_.output);
    plan_->has_backward_ = gradients_.of_output >= 0;
    plan_->output_gradient_ = {memory_.layout(walked_.output), gradient_offset(gradients_.of_output)};
  }

  template <class F>
  static void place_gradients(TrainStep& step, const GradientStep& planned, const F& offset) {
    const auto transfers = [&](const std::vector<GradientTransfer>& from) {
      std::vector<TrainStep::Transfer> to;
      to.reserve(from.size());
      for (const GradientTransfer& t : from) to.push_back({offset(t.from), offset(t.to), t.layout});
      return to;
    };
    step.output_gradient = offset(planned.output);
    for (const int input : planned.inputs) step.input_gradients.push_back(offset(input));
    step.copies_before = transfers(planned.copies_before);
    step.additions = transfers(planned.additions);
    step.copies_after = transfers(planned.copies_after);
  }

  const TrainPlanRequest& r_;
  const Graph& graph_;
  std::map<std::string, int> parameter_of_;
  WalkedGraph walked_;
  ValueMemory memory_;  // by value
  GradientMemory gradients_;
  std::unique_ptr<TrainPlan> plan_{new TrainPlan};
};

std::unique_ptr<const TrainPlan> TrainPlan::build(const TrainPlanRequest& request) {
  try {
    return TrainPlanBuilder(request).build();
  } catch (const std::length_error&) {
    throw ModelError(request.network + ": its values do not fit in memory");
  }
}

}  // namespace actionflow::training
