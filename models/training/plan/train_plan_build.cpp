#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "models/plan/memory.h"
#include "models/training/plan/gradient_memory.h"
#include "models/training/plan/train_graph.h"
#include "models/training/plan/train_plan.h"

namespace actionflow::training {

class TrainPlanBuilder {
 public:
  explicit TrainPlanBuilder(const TrainPlanRequest& request)
      : r_(request), graph_(request.graph), walked_(walk(graph_, r_.batch, r_.type, trained_nodes())) {}

  std::unique_ptr<const TrainPlan> build() {
    check_sizes();
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

  void check_sizes() const {
    for (const Layout& layout : walked_.layouts) {
      std::int64_t total = static_cast<std::int64_t>(kernels::bytes_of(layout.type));
      const Extents& e = layout.extents;
      for (const std::int64_t factor : {layout.batch, e.t, e.h, e.w, layout.padded})
        if (factor <= 0 || __builtin_mul_overflow(total, factor, &total))
          throw ModelError(r_.network + ": a value of " + to_string(e) + ", " + std::to_string(layout.batch) +
                           " at a time, does not fit in memory");
      check_memory(static_cast<std::size_t>(total));
    }
  }

  void check_memory(std::size_t needed) const {
    if (needed > machine_memory())
      throw ModelError(r_.network + ": a training step on " + std::to_string(r_.batch) + " clips needs " +
                       in_mebibytes(needed) + " of memory, this machine has " +
                       in_mebibytes(machine_memory()));
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
    step.kind = operation_name(node.operation);
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
                       operation_name(request.node.operation) + ") cannot be trained: " + error.what());
    }
  }

  // One buffer a value, from its forward step to its last reader; then values that replace their input.
  void find_values() {
    values_.resize(walked_.layouts.size());
    buffer_of_.resize(values_.size());
    const int end = end_time(step_count());
    for (std::size_t v = 0; v < values_.size(); ++v) {
      buffer_of_[v] = v;
      values_[v] = {0, -1, -1, 0};
    }
    values_[0] = {walked_.layouts[0].bytes(), 0, end, 0};  // to be looked at again after a bad step
    for (int i = 0; i < step_count(); ++i) {
      const WalkedStep& step = walked_.steps[static_cast<std::size_t>(i)];
      const TrainStep& compiled = plan_->steps_[static_cast<std::size_t>(i)];
      values_[step.output] = {walked_.layouts[step.output].bytes(), forward_time(i),
                              compiled.reads.output ? backward_time(i, step_count()) : forward_time(i), 0};
      for (std::size_t k = 0; k < step.inputs.size(); ++k)
        lives_until(step.inputs[k],
                    compiled.reads.inputs[k] ? backward_time(i, step_count()) : forward_time(i));
    }
    lives_until(walked_.root[walked_.output], loss_time(step_count()));
    for (int i = 0; i < step_count(); ++i) put_in_place(i);
  }

  void lives_until(std::size_t value, int time) { values_[value].last = std::max(values_[value].last, time); }

  void put_in_place(int index) {
    const WalkedStep& step = walked_.steps[static_cast<std::size_t>(index)];
    if (!plan_->steps_[static_cast<std::size_t>(index)].kernel->works_in_place()) return;
    const std::size_t in = step.inputs[0], buffer = buffer_of_[in];
    if (in == 0 || values_[buffer].last != forward_time(index) ||
        values_[buffer].bytes != values_[step.output].bytes)
      return;
    if (std::count_if(step.inputs.begin(), step.inputs.end(),
                      [&](std::size_t other) { return buffer_of_[other] == buffer; }) != 1)
      return;
    buffer_of_[step.output] = buffer;
    lives_until(buffer, values_[step.output].last);
    values_[step.output].bytes = 0;
  }

  void place() {
    std::vector<Buffer> buffers = values_;
    const std::size_t first_gradient = buffers.size();
    buffers.insert(buffers.end(), gradients_.buffers.begin(), gradients_.buffers.end());
    const std::size_t first_saved = buffers.size();
    for (int i = 0; i < step_count(); ++i) {
      const TrainStep& step = plan_->steps_[static_cast<std::size_t>(i)];
      const int forward = forward_time(i), backward = backward_time(i, step_count());
      buffers.push_back({step.kernel->saved_bytes(), forward, step.runs_backward ? backward : forward, 0});
      buffers.push_back({step.kernel->forward_scratch_bytes(), forward, forward, 0});
      buffers.push_back(
          {step.runs_backward ? step.kernel->backward_scratch_bytes() : 0, backward, backward, 0});
    }
    plan_->arena_bytes_ = place_buffers(buffers);
    check_memory(plan_->arena_bytes_);

    const auto value_offset = [&](std::size_t value) {
      return buffers[buffer_of_[walked_.root[value]]].offset;
    };
    const auto gradient_offset = [&](int gradient) {
      return gradient < 0 ? TrainStep::kNowhere
                          : buffers[first_gradient + static_cast<std::size_t>(gradient)].offset;
    };
    for (std::size_t i = 0; i < plan_->steps_.size(); ++i) {
      TrainStep& step = plan_->steps_[i];
      const WalkedStep& walked = walked_.steps[i];
      for (const std::size_t input : walked.inputs) step.inputs.push_back(value_offset(input));
      step.result.offset = value_offset(walked.output);
      step.saved = buffers[first_saved + 3 * i].offset;
      step.forward_scratch = buffers[first_saved + 3 * i + 1].offset;
      step.backward_scratch = buffers[first_saved + 3 * i + 2].offset;
      if (step.runs_backward) place_gradients(step, gradients_.steps[i], gradient_offset);
    }
    plan_->input_ = {walked_.layouts[0], value_offset(0)};
    plan_->output_ = {walked_.layouts[walked_.output], value_offset(walked_.output)};
    plan_->has_backward_ = gradients_.of_output >= 0;
    plan_->output_gradient_ = {walked_.layouts[walked_.output], gradient_offset(gradients_.of_output)};
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
  std::vector<Buffer> values_;          // by value; in use where it is its own buffer
  std::vector<std::size_t> buffer_of_;  // by root
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
