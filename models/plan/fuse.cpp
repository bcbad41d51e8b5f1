#include "models/plan/fuse.h"

#include <algorithm>

#include "models/graph/traits.h"

namespace actionflow {
namespace {

using kernels::Layout;

class Fuser {
 public:
  Fuser(const Graph& graph, const std::vector<Layout>& layouts, const std::vector<bool>& keep)
      : graph_(graph),
        layouts_(layouts),
        keep_(keep),
        readers_(consumers(graph)),
        step_of_(graph.nodes.size(), -1) {}

  std::vector<FusedStep> run() {
    for (int node = 0; node < static_cast<int>(graph_.nodes.size()); ++node) {
      const int step = step_to_join(node);
      if (step >= 0) {
        join(step, node);
      } else {
        step_of_[static_cast<std::size_t>(node)] = static_cast<int>(steps_.size());
        steps_.push_back({{node}, {}});
      }
    }
    return std::move(steps_);
  }

 private:
  const GraphNode& at(int node) const { return graph_.nodes[static_cast<std::size_t>(node)]; }
  const Layout& layout(int value) const {
    return layouts_[static_cast<std::size_t>(value + graph_.input_count())];
  }
  int step_of(int value) const { return value < 0 ? -1 : step_of_[static_cast<std::size_t>(value)]; }

  // The step that ends in `value`, if `value` may stay inside a step.
  int open_step(int value) const {
    if (value < 0 || value == graph_.output || keep_[static_cast<std::size_t>(value)]) return -1;
    if (readers_[static_cast<std::size_t>(value + graph_.input_count())].size() != 1) return -1;
    const int step = step_of(value);
    return steps_[static_cast<std::size_t>(step)].nodes.back() == value ? step : -1;
  }

  int step_to_join(int node) const {
    const Follower follower = traits(graph_, at(node)).follower;
    if (follower == Follower::none) return -1;
    if (follower == Follower::sum) return step_to_add_to(node);
    const int step = open_step(at(node).inputs[0]);
    if (step < 0 || !main_traits(step).takes_followers) return -1;
    return follower != Follower::activation || keeps_padding(node) ? step : -1;
  }

  Traits main_traits(int step) const {
    return traits(graph_, at(steps_[static_cast<std::size_t>(step)].nodes[0]));
  }

  bool keeps_padding(int node) const {
    return kernels::keeps_zero(std::get<Activation>(at(node).operation)) ||
           layout(node).padded == layout(node).extents.c;
  }

  // A sum of two joins the later of the two steps that give its operands: the other is there by then.
  int step_to_add_to(int node) const {
    const auto& inputs = at(node).inputs;
    if (inputs[0] == inputs[1] || layout(inputs[0]) != layout(inputs[1])) return -1;
    const int later = step_of(inputs[0]) > step_of(inputs[1]) ? inputs[0] : inputs[1];
    const int step = open_step(later);
    return step >= 0 && main_traits(step).takes_sums ? step : -1;
  }

  void join(int step, int node) {
    FusedStep& fused = steps_[static_cast<std::size_t>(step)];
    const int previous = fused.nodes.back();
    if (traits(graph_, at(node)).follower == Follower::sum)
      for (const int input : at(node).inputs)
        if (input != previous) fused.operands.push_back(input);
    fused.nodes.push_back(node);
    step_of_[static_cast<std::size_t>(node)] = step;
  }

  const Graph& graph_;
  const std::vector<Layout>& layouts_;
  const std::vector<bool>& keep_;
  std::vector<std::vector<int>> readers_;
  std::vector<int> step_of_;  // by node
  std::vector<FusedStep> steps_;
};

// The clip itself stays as it comes, unless it has many channels; what an operation copies through
// channel by channel keeps its input's padding.
std::int64_t padding_of(const GraphNode& node, bool channelwise, std::int64_t input_padded,
                        const Extents& input) {
  if (channelwise && input.c == node.extents.c) return input_padded;
  return kernels::padded_channels(node.extents.c);
}

}  // namespace

std::vector<Layout> value_layouts(const Graph& graph, std::int64_t batch, kernels::ElementType type) {
  constexpr std::int64_t kUnpadded = 4;
  std::vector<Layout> layouts;
  const auto add = [&](const Extents& extents, std::int64_t padded) {
    const bool map = extents.h * extents.w > 1;
    layouts.push_back({batch, extents, padded, map ? type : kernels::ElementType::f32});
  };
  for (int value = -graph.input_count(); value < 0; ++value) {
    const Extents& extents = graph.extents(value);
    add(extents, extents.c <= kUnpadded ? extents.c : kernels::padded_channels(extents.c));
  }
  for (const GraphNode& node : graph.nodes) {
    const int input = node.inputs[0];
    add(node.extents, padding_of(node, traits(graph, node).channelwise,
                                 layouts[static_cast<std::size_t>(input + graph.input_count())].padded,
                                 graph.extents(input)));
  }
  return layouts;
}

std::vector<FusedStep> fuse(const Graph& graph, const std::vector<Layout>& layouts,
                            const std::vector<bool>& keep) {
  return Fuser(graph, layouts, keep).run();
}

}  // namespace actionflow
