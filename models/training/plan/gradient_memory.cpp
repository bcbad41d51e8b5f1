#include "models/training/plan/gradient_memory.h"

#include <algorithm>

namespace actionflow::training {
namespace {

class Planner {
 public:
  Planner(const WalkedGraph& graph, const std::vector<TrainStep>& steps)
      : g_(graph),
        steps_(steps),
        count_(static_cast<int>(steps.size())),
        gradient_(graph.layouts.size(), -1) {
    memory_.steps.resize(steps.size());
    contributions_.resize(graph.layouts.size());
    for (int i = count_; i-- > 0;) {
      const WalkedStep& step = g_.steps[static_cast<std::size_t>(i)];
      for (std::size_t k = 0; k < step.inputs.size(); ++k)
        if (step.backward && step.wants[k]) contributions_[step.inputs[k]].push_back(time(i));
    }
  }

  GradientMemory run() {
    const std::size_t output = g_.root[g_.output];
    if (!g_.wants_gradient[output]) return std::move(memory_);
    memory_.of_output = gradient_[output] = add_buffer(output, loss_time(count_));
    for (int i = count_; i-- > 0;)
      if (g_.steps[static_cast<std::size_t>(i)].backward) plan_step(i);
    return std::move(memory_);
  }

 private:
  int time(int step) const { return backward_time(step, count_); }

  int add_buffer(std::size_t value, int first) {
    memory_.buffers.push_back({g_.layouts[value].bytes(), first, first, 0});
    return static_cast<int>(memory_.buffers.size()) - 1;
  }
  void use(int buffer, int at) {
    int& last = memory_.buffers[static_cast<std::size_t>(buffer)].last;
    last = std::max(last, at);
  }

  // When the gradient of `value` is read for the last time.
  int last_read(std::size_t value) const { return time(g_.producer[value]); }

  // Whether another value's gradient stands in `buffer` and is still to be read after `at`.
  bool others_need(int buffer, std::size_t own, int at) const {
    for (std::size_t v = 0; v < gradient_.size(); ++v)
      if (v != own && gradient_[v] == buffer && last_read(v) > at) return true;
    return false;
  }

  void plan_step(int index) {
    const WalkedStep& step = g_.steps[static_cast<std::size_t>(index)];
    const TrainKernel& kernel = *steps_[static_cast<std::size_t>(index)].kernel;
    GradientStep& plan = memory_.steps[static_cast<std::size_t>(index)];
    const int now = time(index);
    int output = gradient_[step.output];
    use(output, now);
    bool shared = others_need(output, step.output, now);
    if (shared && kernel.overwrites_gradient()) {
      const int own = add_buffer(step.output, now);
      plan.copies_before.push_back({output, own, g_.layouts[step.output]});
      output = own;
      shared = false;
    }
    plan.output = output;
    plan.inputs.assign(step.inputs.size(), -1);
    int written = -1;
    for (std::size_t i = 0; i < step.inputs.size(); ++i) {
      if (!step.wants[i]) continue;
      const std::size_t value = step.inputs[i];
      if (step.passes_on && written >= 0) {
        receive(plan, value, written, now);
        continue;
      }
      const bool in_place = i == first_place(step) && kernel.gradient_in_place() && !shared &&
                            g_.layouts[value].bytes() == g_.layouts[step.output].bytes();
      written = in_place ? output : add_buffer(value, now);
      plan.inputs[i] = written;
      receive(plan, value, written, now);
    }
  }

  // gradient_in_place() speaks of input 0; a plain sum's kernel is asked for the first wanted one.
  static std::size_t first_place(const WalkedStep& step) {
    if (!step.passes_on) return 0;
    return static_cast<std::size_t>(std::find(step.wants.begin(), step.wants.end(), true) -
                                    step.wants.begin());
  }

  // The content of `buffer` belongs to the gradient of `value`.
  void receive(GradientStep& plan, std::size_t value, int buffer, int now) {
    if (gradient_[value] >= 0) {
      plan.additions.push_back({buffer, gradient_[value], g_.layouts[value]});
      use(gradient_[value], now);
    } else if (can_share(buffer, value, now)) {
      gradient_[value] = buffer;
    } else {
      gradient_[value] = add_buffer(value, now);
      plan.copies_after.push_back({buffer, gradient_[value], g_.layouts[value]});
    }
    use(buffer, now);
  }

  // Nothing is added to one value's gradient before the other's has been read.
  bool can_share(int buffer, std::size_t value, int now) const {
    for (std::size_t other = 0; other < gradient_.size(); ++other) {
      if (other == value || gradient_[other] != buffer || last_read(other) <= now) continue;
      if (next_addition(value, now) < last_read(other) || next_addition(other, now) < last_read(value))
        return false;
    }
    return true;
  }

  int next_addition(std::size_t value, int now) const {
    for (const int at : contributions_[value])
      if (at > now) return at;
    return end_time(count_);
  }

  const WalkedGraph& g_;
  const std::vector<TrainStep>& steps_;
  int count_;
  std::vector<int> gradient_;                    // by root: its buffer
  std::vector<std::vector<int>> contributions_;  // by root: times, rising
  GradientMemory memory_;
};

}  // namespace

GradientMemory plan_gradients(const WalkedGraph& graph, const std::vector<TrainStep>& steps) {
  return Planner(graph, steps).run();
}

}  // namespace actionflow::training
