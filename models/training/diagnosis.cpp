#include "models/training/diagnosis.h"

#include <algorithm>

#include "models/kernels/elementwise/gradient_sum.h"

namespace actionflow::training {
namespace {

// What a forward pass changes, moving means and variances, put back at the end.
class KeptStatistics {
 public:
  KeptStatistics(const Graph& graph, Weights& weights) {
    for (const GraphNode& node : graph.nodes)
      for (const Parameter& parameter : node.parameters)
        if (!parameter.trainable) {
          Tensor& tensor = weights.tensors.at(parameter.name);
          kept_.push_back({&tensor, tensor});
        }
  }
  ~KeptStatistics() {
    for (const auto& [tensor, values] : kept_) std::copy_n(values.data(), values.size(), tensor->data());
  }
  KeptStatistics(const KeptStatistics&) = delete;
  KeptStatistics& operator=(const KeptStatistics&) = delete;

 private:
  struct Kept {
    Tensor* tensor;
    Tensor values;
  };
  std::vector<Kept> kept_;
};

bool all_finite(const float* values, std::int64_t count) {
  // A sum of zeros unless something is not finite.
  float sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += values[i] * 0.0F;
  return sum == 0.0F;
}

bool all_finite(const PlanValue& value, const std::byte* arena) {
  const std::byte* values = arena + value.offset;
  const Layout& layout = value.layout;
  if (layout.type == kernels::ElementType::f32)
    return all_finite(reinterpret_cast<const float*>(values), layout.elements());
  std::vector<float> wide(static_cast<std::size_t>(layout.elements()));
  convert(layout, values, kernels::ElementType::f32, wide.data());
  return all_finite(wide.data(), layout.elements());
}

}  // namespace

std::string bad_parameter(const Graph& graph, const Weights& weights) {
  for (const GraphNode& node : graph.nodes)
    for (const Parameter& parameter : node.parameters) {
      if (!parameter.trainable) continue;
      const Tensor& tensor = weights.tensors.at(parameter.name);
      if (!all_finite(tensor.data(), tensor.size())) return parameter.name;
    }
  return {};
}

std::string bad_value(const TrainPlan& plan, const TrainRun& run, const Graph& graph, Weights& weights) {
  if (!all_finite(plan.input(), run.arena)) return "input";
  const KeptStatistics kept(graph, weights);
  for (std::size_t i = 0; i < plan.steps().size(); ++i) {
    plan.forward_step(i, run);
    if (!all_finite(plan.steps()[i].result, run.arena)) return plan.steps()[i].name;
  }
  return {};
}

std::string bad_gradient(std::span<const TrainedParameter> trained) {
  const auto bad = std::find_if(trained.rbegin(), trained.rend(), [](const TrainedParameter& parameter) {
    return !all_finite(parameter.gradient.data(), static_cast<std::int64_t>(parameter.gradient.size()));
  });
  return bad == trained.rend() ? std::string() : "the gradient of " + bad->name;
}

std::vector<PlanStep> measure_steps(const TrainPlan& plan, const TrainRun& run, const Graph& graph,
                                    Weights& weights, int threads, int repetitions) {
  const KeptStatistics kept(graph, weights);
  std::vector<PlanStep> lines;
  const auto measure = [&](const TrainStep& step, const char* which, const std::function<void()>& body) {
    lines.push_back({step.name + " " + which, step.kind, step.kernel->implementation(), step.layout,
                     median_milliseconds(threads, repetitions, body)});
  };
  plan.forward(run);
  for (std::size_t i = 0; i < plan.steps().size(); ++i)
    measure(plan.steps()[i], "forward", [&] { plan.forward_step(i, run); });
  for (std::size_t i = plan.steps().size(); i-- > 0;)
    if (plan.steps()[i].runs_backward)
      measure(plan.steps()[i], "backward", [&] { plan.backward_step(i, run); });
  return lines;
}

}  // namespace actionflow::training
