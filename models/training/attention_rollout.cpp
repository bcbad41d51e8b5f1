#include "models/training/attention_rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>

#include "base/error.h"
#include "models/graph/traits.h"
#include "models/network/network.h"
#include "models/training/attention_weights.h"

namespace actionflow {
namespace {

using Values = std::map<std::string, Tensor>;

// Counted T, H, W.
std::int64_t place(const Extents& e, std::int64_t t, std::int64_t h, std::int64_t w) {
  return (t * e.h + h) * e.w + w;
}

// The queries and keys of every attention, plain, as a run of the network gives them.
class Observed {
 public:
  Observed(const Graph& graph, const Values& values) : graph_(graph), values_(values) {}

  Tensor value(int value) const {
    if (value < 0) return values_.at(kInputRange);
    const GraphNode& node = graph_.nodes[static_cast<std::size_t>(value)];
    if (const auto found = values_.find(node.name); found != values_.end()) return found->second;
    const Tensor input = this->value(node.inputs.at(0));
    if (const auto* slice = std::get_if<Slice>(&node.operation))
      return part(input, slice->axis, slice->begin, node.extents);
    if (const auto* select = std::get_if<SelectFrames>(&node.operation))
      return part(input, ValueAxis::t, select->frames.front(), node.extents);
    if (std::holds_alternative<Reshape>(node.operation)) return counted_anew(input, node.extents);
    return input;
  }

  // Channels from `first` on.
  static Tensor channels(const Tensor& whole, std::int64_t first, std::int64_t count) {
    Extents e{count, whole.dim(2), whole.dim(3), whole.dim(4)};
    return part(whole, ValueAxis::c, first, e);
  }

 private:
  static Shape shape_of(const Extents& e) { return {1, e.c, e.t, e.h, e.w}; }

  static Tensor part(const Tensor& whole, ValueAxis axis, std::int64_t begin, const Extents& to) {
    Tensor result(shape_of(to));
    Extents first{0, 0, 0, 0};
    along(first, axis) = begin;
    std::int64_t at = 0;
    for (std::int64_t c = 0; c < to.c; ++c)
      for (std::int64_t t = 0; t < to.t; ++t)
        for (std::int64_t h = 0; h < to.h; ++h)
          for (std::int64_t w = 0; w < to.w; ++w)
            result[at++] = whole[(((c + first.c) * whole.dim(2) + t + first.t) * whole.dim(3) + h + first.h) *
                                     whole.dim(4) +
                                 w + first.w];
    return result;
  }

  static Tensor counted_anew(const Tensor& from, const Extents& to) {
    Tensor result = from.permuted({0, 2, 3, 4, 1}).reshaped({1, to.t, to.h, to.w, to.c});
    return result.permuted({0, 4, 1, 2, 3});
  }

  const Graph& graph_;
  const Values& values_;
};

// Whose values it asks for: queries and keys, and where memory is only renamed what they are part of.
std::set<std::string> observed_nodes(const Graph& graph) {
  std::set<std::string> names;
  for (const GraphNode& node : graph.nodes) {
    if (!std::holds_alternative<Attention>(node.operation)) continue;
    for (std::size_t i = 0; i < std::min<std::size_t>(node.inputs.size(), 2); ++i)
      for (int value = node.inputs[i];; value = graph.nodes[static_cast<std::size_t>(value)].inputs.at(0)) {
        names.insert(value < 0 ? kInputRange : graph.nodes[static_cast<std::size_t>(value)].name);
        if (value < 0 || traits(graph, graph.nodes[static_cast<std::size_t>(value)]).view == View::none)
          break;
      }
  }
  return names;
}

// The way back through the graph, node by node.
class WayBack {
 public:
  WayBack(const Architecture& architecture, const Weights& weights, const Values& values)
      : graph_(architecture.graph), name_(architecture.name), weights_(weights), observed_(graph_, values) {}

  // From the answer to the result of node `first`.
  PositionShares to(int first) {
    const std::int64_t positions = graph_.extents(graph_.output).positions();
    shares_of(graph_.output)
        .assign(static_cast<std::size_t>(positions), 1.0 / static_cast<double>(positions));
    for (int value = static_cast<int>(graph_.nodes.size()) - 1; value > first; --value) {
      if (!shares_.contains(value)) continue;
      node_ = &graph_.nodes[static_cast<std::size_t>(value)];
      result_ = std::move(shares_.at(value));
      std::visit([&](const auto& operation) { go(operation); }, node_->operation);
    }
    PositionShares found = shares_of(first);
    const double sum = std::accumulate(found.begin(), found.end(), 0.0);
    for (double& share : found) share = sum > 0 ? share / sum : 0;
    return found;
  }

 private:
  PositionShares& shares_of(int value) {
    PositionShares& shares = shares_[value];
    shares.resize(static_cast<std::size_t>(graph_.extents(value).positions()));
    return shares;
  }
  const Extents& input_extents(std::size_t i = 0) const { return graph_.extents(node_->inputs[i]); }

  void add(int value, std::int64_t position, double share) {
    shares_of(value)[static_cast<std::size_t>(position)] += share;
  }

  template <class Body>
  void for_positions(Body&& body) {
    const Extents& e = node_->extents;
    for (std::int64_t t = 0; t < e.t; ++t)
      for (std::int64_t h = 0; h < e.h; ++h)
        for (std::int64_t w = 0; w < e.w; ++w)
          body(t, h, w, result_[static_cast<std::size_t>(place(e, t, h, w))]);
  }

  // To an input whose extents are the result's or 1.
  void pass(std::size_t input, double weight) {
    const Extents& in = input_extents(input);
    for_positions([&](std::int64_t t, std::int64_t h, std::int64_t w, double share) {
      add(node_->inputs[input], place(in, in.t == 1 ? 0 : t, in.h == 1 ? 0 : h, in.w == 1 ? 0 : w),
          weight * share);
    });
  }

  template <class Operation>
  void go(const Operation&) {
    const Traits own = traits(graph_, *node_);
    const bool each_alone = own.time && own.time->extent == 1 && node_->inputs.size() == 1;
    if (!each_alone || node_->extents.positions() != input_extents().positions())
      throw UsageError(fmt::format("{}: through layer '{}' ({}) attention cannot be followed back", name_,
                                   node_->name, own.name));
    pass(0, 1);
  }

  void go(const PositionEmbedding&) { pass(0, 1); }

  // Each of those added counts alike; constants do not, nor do gates, which are the smaller ones.
  void go(const Elementwise& join) {
    std::vector<std::size_t> counted;
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      const int value = node_->inputs[i];
      const bool constant = value >= 0 && std::holds_alternative<Constant>(
                                              graph_.nodes[static_cast<std::size_t>(value)].operation);
      const bool gate = join.kind == Elementwise::Kind::multiply &&
                        input_extents(i).positions() != node_->extents.positions();
      if (!constant && !gate) counted.push_back(i);
    }
    for (const std::size_t i : counted) pass(i, 1.0 / static_cast<double>(counted.size()));
  }

  void go(const Attention& attention) {
    const bool joined = node_->inputs.size() == 1;
    const std::int64_t width = node_->extents.c;
    Tensor query = observed_.value(node_->inputs[0]);
    Tensor key = joined ? Observed::channels(query, width, width) : observed_.value(node_->inputs[1]);
    if (joined) query = Observed::channels(query, 0, width);
    if (attention.add_query) {
      const std::int64_t token = attention.class_token ? 1 : 0;
      for (std::size_t i = static_cast<std::size_t>(token); i < result_.size(); ++i) {
        result_[i] /= 2;
        add(node_->inputs[0], static_cast<std::int64_t>(i), result_[i]);
      }
    }
    const PositionShares behind = shares_behind_attention(*node_, weights_, query, key, result_);
    for (std::size_t i = 0; i < behind.size(); ++i)
      add(node_->inputs[joined ? 0 : 2], static_cast<std::int64_t>(i), behind[i]);
  }

  void go(const ClassToken& token) { go_part(token.axis, -1); }
  void go(const Slice& slice) {
    if (slice.axis == ValueAxis::c) return pass(0, 1);
    go_part(slice.axis, slice.begin);
  }
  // Step s of the result is the input's s + begin, where it has that.
  void go_part(ValueAxis axis, std::int64_t begin) {
    const Extents& in = input_extents();
    for_positions([&](std::int64_t t, std::int64_t h, std::int64_t w, double share) {
      Extents at{0, t, h, w};
      along(at, axis) += begin;
      if (along(at, axis) >= 0) add(node_->inputs[0], place(in, at.t, at.h, at.w), share);
    });
  }
  void go(const SelectFrames& select) {
    for_positions([&](std::int64_t t, std::int64_t h, std::int64_t w, double share) {
      add(node_->inputs[0], place(input_extents(), select.frames[static_cast<std::size_t>(t)], h, w), share);
    });
  }
  void go(const Concat& concat) {
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      const Extents& in = input_extents(i);
      if (concat.axis == ValueAxis::c) {
        pass(i, static_cast<double>(in.c) / static_cast<double>(node_->extents.c));
        continue;
      }
      for_positions([&](std::int64_t t, std::int64_t h, std::int64_t w, double share) {
        Extents at{0, t, h, w};
        const std::int64_t step = along(at, concat.axis) - begin;
        if (step < 0 || step >= along(in, concat.axis)) return;
        along(at, concat.axis) = step;
        add(node_->inputs[i], place(in, in.t == 1 ? 0 : at.t, in.h == 1 ? 0 : at.h, in.w == 1 ? 0 : at.w),
            share);
      });
      begin += along(in, concat.axis);
    }
  }

  // Element by element, counted T, H, W, C, each with an equal part of its position's share.
  template <class Source>
  void go_elements(Source source) {
    const Extents &in = input_extents(), &out = node_->extents;
    for (std::int64_t i = 0; i < out.size(); ++i)
      add(node_->inputs[0], source(i) / in.c,
          result_[static_cast<std::size_t>(i / out.c)] / static_cast<double>(out.c));
  }
  void go(const Reshape&) {
    go_elements([](std::int64_t i) { return i; });
  }
  void go(const Permute& permute) {
    const Extents &in = input_extents(), &out = node_->extents;
    const std::array<std::int64_t, 4> from{in.t, in.h, in.w, in.c}, to{out.t, out.h, out.w, out.c};
    go_elements([&](std::int64_t i) {
      std::array<std::int64_t, 4> at{};
      for (std::size_t axis = 4; axis-- > 0; i /= to[axis])
        at[static_cast<std::size_t>(permute.order[axis])] = i % to[axis];
      return ((at[0] * from[1] + at[1]) * from[2] + at[2]) * from[3] + at[3];
    });
  }

  void go(const Reduction& reduction) {
    const Extents& in = input_extents();
    const double all = static_cast<double>(in.positions()) / static_cast<double>(node_->extents.positions());
    for (std::int64_t t = 0; t < in.t; ++t)
      for (std::int64_t h = 0; h < in.h; ++h)
        for (std::int64_t w = 0; w < in.w; ++w) {
          const std::int64_t to =
              place(node_->extents, reduction.time ? 0 : t, reduction.space ? 0 : h, reduction.space ? 0 : w);
          add(node_->inputs[0], place(in, t, h, w), result_[static_cast<std::size_t>(to)] / all);
        }
  }

  void go(const Pooling& pooling) { slide(pooling, {1, 1, 1}); }
  void go(const Convolution& convolution) { slide(convolution, convolution.dilation); }
  // Alike to all that a window sees.
  template <class Window>
  void slide(const Window& window, const Axes& dilation) {
    const Extents& in = input_extents();
    for_positions([&](std::int64_t t, std::int64_t h, std::int64_t w, double share) {
      const std::array<std::vector<std::int64_t>, 3> seen{steps(window, dilation, 0, t, in.t),
                                                          steps(window, dilation, 1, h, in.h),
                                                          steps(window, dilation, 2, w, in.w)};
      const auto count = static_cast<double>(seen[0].size() * seen[1].size() * seen[2].size());
      for (const std::int64_t from_t : seen[0])
        for (const std::int64_t from_h : seen[1])
          for (const std::int64_t from_w : seen[2])
            add(node_->inputs[0], place(in, from_t, from_h, from_w), share / count);
    });
  }
  template <class Window>
  static std::vector<std::int64_t> steps(const Window& window, const Axes& dilation, std::size_t axis,
                                         std::int64_t result, std::int64_t extent) {
    std::vector<std::int64_t> seen;
    for (int tap = 0; tap < window.kernel[axis]; ++tap) {
      const std::int64_t at = result * window.stride[axis] - window.pad_begin[axis] + tap * dilation[axis];
      if (at >= 0 && at < extent) seen.push_back(at);
    }
    return seen;
  }

  const Graph& graph_;
  const std::string& name_;
  const Weights& weights_;
  Observed observed_;
  std::map<int, PositionShares> shares_;
  const GraphNode* node_ = nullptr;
  PositionShares result_;
};

// The first value that stands at other places than the clip.
int patches_of(const Graph& graph) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i)
    if (const std::int64_t positions = graph.nodes[i].extents.positions();
        positions > 1 && positions != graph.input.positions())
      return static_cast<int>(i);
  return -1;
}

}  // namespace

bool attends(const Graph& graph) {
  return std::ranges::any_of(
      graph.nodes, [](const GraphNode& node) { return std::holds_alternative<Attention>(node.operation); });
}

struct AttentionRollout::State {
  State(Architecture description, const Weights& all) : weights(all) {
    if (!attends(description.graph) || patches_of(description.graph) < 0)
      throw UsageError(description.name + ": no layer attends to positions of the clip");
    NetworkOptions options;
    const std::set<std::string> wanted = observed_nodes(description.graph);
    options.observer = [this, wanted](const std::string& node, const Tensor& value) {
      if (wanted.contains(node)) values[node] = value;
    };
    network = Network::compile(std::move(description), weights, options);
  }

  ActivationMap map_of_values() const {
    const Graph& graph = network->architecture().graph;
    const int patches = patches_of(graph);
    const GraphNode& node = graph.nodes[static_cast<std::size_t>(patches)];
    const PositionShares shares = WayBack(network->architecture(), weights, values).to(patches);
    return {node.name, node.extents.t, node.extents.h, node.extents.w, {shares.begin(), shares.end()}};
  }

  Weights weights;
  Values values;  // of the last run, by node
  std::shared_ptr<const Network> network;
};

AttentionRollout::AttentionRollout(Architecture architecture, const Weights& weights)
    : state_(std::make_unique<State>(std::move(architecture), weights)) {}

AttentionRollout::~AttentionRollout() = default;

ActivationMap AttentionRollout::map(std::span<const std::uint8_t* const> frames) const {
  Workspace workspace(*state_->network);
  state_->network->run(frames, workspace);
  ActivationMap map = state_->map_of_values();
  const float most = *std::ranges::max_element(map.values);
  for (float& value : map.values) value = most > 0 ? value / most : 0;
  return map;
}

ActivationMap AttentionRollout::shares(const Tensor& clip) const {
  Workspace workspace(*state_->network);
  state_->network->predict(clip, workspace);
  return state_->map_of_values();
}

}  // namespace actionflow
