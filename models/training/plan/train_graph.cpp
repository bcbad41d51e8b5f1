#include "models/training/plan/train_graph.h"

#include <algorithm>
#include <set>

#include "models/graph/traits.h"
#include "models/kernels/train_kernel.h"
#include "models/plan/fuse.h"

namespace actionflow::training {
namespace {

class Walker {
 public:
  Walker(const Graph& graph, std::vector<kernels::Layout> layouts, const std::vector<bool>& trained)
      : graph_(graph), trained_(trained), readers_(consumers(graph)) {
    w_.layouts = std::move(layouts);
    w_.root.resize(w_.layouts.size());
    for (std::size_t i = 0; i < w_.root.size(); ++i) w_.root[i] = i;
    w_.wants_gradient.resize(w_.layouts.size(), false);
    w_.producer.resize(w_.layouts.size(), -1);
    w_.output = value_of(graph.output);
  }

  WalkedGraph run() {
    find_reached();
    for (int node = 0; node < static_cast<int>(graph_.nodes.size()); ++node)
      if (reached_[value_of(node)]) add(node);
    for (WalkedStep& step : w_.steps) find_gradients(step);
    return std::move(w_);
  }

 private:
  static std::size_t value_of(int node) { return static_cast<std::size_t>(node + 1); }
  const GraphNode& at(int node) const { return graph_.nodes[static_cast<std::size_t>(node)]; }

  void find_reached() {
    reached_.resize(w_.layouts.size(), false);
    reached_[w_.output] = true;
    for (int node = static_cast<int>(graph_.nodes.size()); node-- > 0;)
      if (reached_[value_of(node)])
        for (const int input : at(node).inputs) reached_[value_of(input)] = true;
  }

  void add(int node) {
    const std::size_t value = value_of(node);
    if (is_view(node)) {
      w_.root[value] = w_.root[value_of(at(node).inputs[0])];
      return;
    }
    if (drawn_into_producer(node)) {
      WalkedStep& step = w_.steps[static_cast<std::size_t>(w_.producer[value_of(at(node).inputs[0])])];
      step.relu = node;
      step.output = value;
      w_.producer[value] = w_.producer[value_of(at(node).inputs[0])];
      return;
    }
    WalkedStep step;
    step.node = node;
    step.output = value;
    for (const int input : at(node).inputs) step.inputs.push_back(w_.root[value_of(input)]);
    w_.producer[value] = static_cast<int>(w_.steps.size());
    w_.steps.push_back(std::move(step));
  }

  // The same bytes under another shape, or none the wiser: dropout that drops nothing.
  bool is_view(int node) const {
    const kernels::Layout &in = w_.layouts[value_of(at(node).inputs[0])], &out = w_.layouts[value_of(node)];
    const Traits own = traits(graph_, at(node));
    if (own.view == View::same) return !own.only_in_training && in == out;
    const auto unpadded = [](const kernels::Layout& l) { return l.padded == l.extents.c; };
    return own.view == View::reshaped && in.type == out.type && unpadded(in) && unpadded(out);
  }

  bool drawn_into_producer(int node) const {
    const auto* activation = std::get_if<Activation>(&at(node).operation);
    if (activation == nullptr || activation->kind != ActivationKind::relu) return false;
    const int input = at(node).inputs[0];
    if (input < 0 || value_of(input) == w_.output || readers_[value_of(input)].size() != 1) return false;
    if (w_.root[value_of(input)] != value_of(input) || w_.producer[value_of(input)] < 0) return false;
    const WalkedStep& step = w_.steps[static_cast<std::size_t>(w_.producer[value_of(input)])];
    return step.node == input && step.relu < 0 && takes_relu(at(input).operation) &&
           w_.layouts[value_of(input)] == w_.layouts[value_of(node)];
  }

  void find_gradients(WalkedStep& step) {
    for (const std::size_t input : step.inputs) step.wants.push_back(w_.wants_gradient[input]);
    step.backward = trained_[static_cast<std::size_t>(step.node)] ||
                    std::find(step.wants.begin(), step.wants.end(), true) != step.wants.end();
    w_.wants_gradient[step.output] = step.backward;
    step.passes_on = passes_on(step);
  }

  bool passes_on(const WalkedStep& step) const {
    const auto* sum = std::get_if<Elementwise>(&at(step.node).operation);
    if (sum == nullptr || sum->kind != Elementwise::Kind::add) return false;
    const std::set<std::size_t> distinct(step.inputs.begin(), step.inputs.end());
    return distinct.size() == step.inputs.size() &&
           std::all_of(at(step.node).inputs.begin(), at(step.node).inputs.end(),
                       [&](int input) { return w_.layouts[value_of(input)] == w_.layouts[step.output]; });
  }

  const Graph& graph_;
  const std::vector<bool>& trained_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> reached_;
  WalkedGraph w_;
};

}  // namespace

WalkedGraph walk(const Graph& graph, std::int64_t batch, kernels::ElementType type,
                 const std::vector<bool>& trained) {
  return Walker(graph, value_layouts(graph, batch, type), trained).run();
}

}  // namespace actionflow::training
