#include "models/plan/join.h"

#include <optional>
#include <utility>
#include <variant>

#include "models/graph/traits.h"
#include "models/kernels/dense/gated_product.h"
#include "models/kernels/depthwise/depthwise.h"

namespace actionflow {
namespace {

using kernels::Layout;

class Joiner {
 public:
  Joiner(const Graph& graph, const std::vector<Layout>& layouts, const std::vector<bool>& keep)
      : graph_(graph),
        layouts_(layouts),
        keep_(keep),
        readers_(consumers(graph)),
        ends_in_(graph.nodes.size()) {}

  // A joined step stands where its last part stood: what that reads is there by then.
  std::vector<FusedStep> run(const std::vector<FusedStep>& steps) {
    for (const FusedStep& step : steps) {
      FusedStep next = step;
      if (is_convolution(step)) join_before(next);
      ends_in_[static_cast<std::size_t>(step.nodes.back())] = result_.size();
      result_.push_back(std::move(next));
    }
    std::erase_if(result_, [](const FusedStep& step) { return step.nodes.empty(); });
    return std::move(result_);
  }

 private:
  const GraphNode& at(int node) const { return graph_.nodes[static_cast<std::size_t>(node)]; }
  const Layout& layout(int value) const {
    return layouts_[static_cast<std::size_t>(value + graph_.input_count())];
  }

  bool may_vanish(int value) const {
    return value >= 0 && value != graph_.output && !keep_[static_cast<std::size_t>(value)] &&
           readers_[static_cast<std::size_t>(value + graph_.input_count())].size() == 1;
  }

  // The step so far that gives `value`, where that may vanish into its one reader; null else, and where no
  // step gives it.
  FusedStep* before(int value) {
    if (!may_vanish(value)) return nullptr;
    const std::optional<std::size_t> step = ends_in_[static_cast<std::size_t>(value)];
    return step ? &result_[*step] : nullptr;
  }

  void join_before(FusedStep& step) {
    FusedStep* last = before(at(step.nodes[0]).inputs[0]);
    if (last == nullptr || last->second != 0) return;
    if (is_convolution(*last)) {
      if (kernels::joins_depthwise({problem(*last), problem(step)})) prepend({last}, step);
      return;
    }
    const auto* activation = std::get_if<Activation>(&at(last->nodes[0]).operation);
    FusedStep* first = activation == nullptr ? last : before(at(last->nodes[0]).inputs[0]);
    if (first == nullptr || !gates(*first, activation, step)) return;
    activation == nullptr ? prepend({first}, step) : prepend({first, last}, step);
  }

  bool gates(const FusedStep& first, const Activation* activation, const FusedStep& step) const {
    const GraphNode& node = at(first.nodes[0]);
    const auto* gate = std::get_if<Elementwise>(&node.operation);
    if (gate == nullptr || node.inputs.size() != 2) return false;
    return kernels::joins_gate({*gate, layout(node.inputs[0]), layout(node.inputs[1]),
                                activation ? std::optional(*activation) : std::nullopt, problem(step)});
  }

  bool is_convolution(const FusedStep& step) const {
    return std::holds_alternative<Convolution>(at(step.nodes[0]).operation);
  }

  // Without weights.
  kernels::ConvolutionProblem problem(const FusedStep& step) const {
    const GraphNode& node = at(step.nodes[0]);
    return {.operation = std::get<Convolution>(node.operation),
            .in = layout(node.inputs[0]),
            .out = layout(step.nodes.back()),
            .kernel = {},
            .bias = {},
            .post_operations = posts(step)};
  }

  std::vector<kernels::PostOperation> posts(const FusedStep& step) const {
    std::vector<kernels::PostOperation> result;
    for (std::size_t i = 1; i < step.nodes.size(); ++i) {
      const GraphNode& node = at(step.nodes[i]);
      const Follower follower = traits(graph_, node).follower;
      if (follower == Follower::activation) result.emplace_back(std::get<Activation>(node.operation));
      if (follower == Follower::scale_shift && !result.empty()) result.emplace_back(kernels::ScaleShift{});
      if (follower == Follower::sum) result.emplace_back(kernels::AddInput{});
    }
    return result;
  }

  // `step` begins with these, which are then gone.
  static void prepend(const std::vector<FusedStep*>& steps, FusedStep& step) {
    std::vector<int> nodes;
    for (FusedStep* other : steps) {
      nodes.insert(nodes.end(), other->nodes.begin(), other->nodes.end());
      other->nodes.clear();
    }
    step.second = nodes.size();
    step.nodes.insert(step.nodes.begin(), nodes.begin(), nodes.end());
  }

  const Graph& graph_;
  const std::vector<Layout>& layouts_;
  const std::vector<bool>& keep_;
  std::vector<std::vector<int>> readers_;
  std::vector<FusedStep> result_;                    // those that are gone have no nodes
  std::vector<std::optional<std::size_t>> ends_in_;  // there, of the step that ends in a node
};

}  // namespace

std::vector<FusedStep> join(const Graph& graph, const std::vector<Layout>& layouts,
                            const std::vector<bool>& keep, const std::vector<FusedStep>& steps) {
  return Joiner(graph, layouts, keep).run(steps);
}

}  // namespace actionflow
