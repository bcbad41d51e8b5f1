#include "models/graph/cuts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "models/graph/traits.h"

namespace actionflow {
namespace {

// Which nodes a value depends on, itself included; sorted.
std::vector<int> ancestors(const Graph& graph, int value) {
  std::vector<bool> seen(graph.nodes.size());
  std::vector<int> open;
  const auto visit = [&](int v) {
    if (v < 0 || seen[static_cast<std::size_t>(v)]) return;
    seen[static_cast<std::size_t>(v)] = true;
    open.push_back(v);
  };
  visit(value);
  std::vector<int> found;
  while (!open.empty()) {
    const int v = open.back();
    open.pop_back();
    found.push_back(v);
    for (const int input : graph.nodes[static_cast<std::size_t>(v)].inputs) visit(input);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// Whether `nodes` give nothing but `value` to the rest of the graph.
bool gives_only(const std::vector<std::vector<int>>& readers, const std::vector<int>& nodes, int value) {
  return std::all_of(nodes.begin(), nodes.end(), [&](int node) {
    const std::vector<int>& by = readers[static_cast<std::size_t>(node) + 1];
    return node == value || std::all_of(by.begin(), by.end(), [&](int reader) {
             return std::binary_search(nodes.begin(), nodes.end(), reader);
           });
  });
}

// What a step of a value sees of the clip's samples, as long as every step sees alike.
struct Reach {
  std::int64_t stride = 1, extent = 1;
};

Reach widened(const TimeWindow& window, Reach reach) {
  return {reach.stride * window.stride, reach.extent + (window.extent - 1) * reach.stride};
}

// Nothing where steps do not see alike: padding or mixing in time, a recurrence, or a join of values of
// different reach.
std::optional<Reach> reach_of(const Graph& graph) {
  std::vector<Reach> reaches;
  for (const GraphNode& node : graph.nodes) {
    const std::optional<TimeWindow> window = traits(graph, node).time;
    if (!window || window->padded()) return std::nullopt;
    const auto at = [&](int value) { return value < 0 ? Reach{} : reaches[static_cast<std::size_t>(value)]; };
    const Reach reach = at(node.inputs.front());
    for (const int input : node.inputs) {
      const bool alike = at(input).stride == reach.stride && at(input).extent == reach.extent &&
                         graph.extents(input).t == graph.extents(node.inputs.front()).t;
      if (!alike) return std::nullopt;
    }
    reaches.push_back(widened(*window, reach));
  }
  return graph.output < 0 ? Reach{} : reaches[static_cast<std::size_t>(graph.output)];
}

// Takes nodes of the whole graph together into parts.
class Cutter {
 public:
  explicit Cutter(const Graph& whole) : whole_(whole), part_of_(whole.nodes.size(), -1) {}

  // `nodes` sorted, `output` among them; everything they read stands among them or is an earlier part's
  // result or the clip.
  void add(const std::string& name, std::vector<int> nodes, int output) {
    GraphPart part;
    part.name = name;
    part.nodes = std::move(nodes);
    name_inputs(part);
    for (const int node : part.nodes) {
      local_[node] = static_cast<int>(part.graph.nodes.size());
      part.graph.nodes.push_back(renumbered(whole_.nodes[static_cast<std::size_t>(node)], part));
    }
    part.graph.output = local_.at(output);
    if (part.inputs == std::vector<int>{-1}) note_reach(part);
    for (const int node : part.nodes)
      part_of_[static_cast<std::size_t>(node)] = static_cast<int>(parts_.size());
    parts_.push_back(std::move(part));
  }

  void add_rest(const std::string& name) {
    std::vector<int> rest;
    for (std::size_t i = 0; i < part_of_.size(); ++i) {
      if (part_of_[i] < 0) rest.push_back(static_cast<int>(i));
    }
    add(name, std::move(rest), whole_.output);
  }

  std::vector<GraphPart> take() { return std::move(parts_); }

 private:
  int source_of(int value) const { return value < 0 ? -1 : part_of_[static_cast<std::size_t>(value)]; }

  void name_inputs(GraphPart& part) const {
    for (const int node : part.nodes) {
      for (const int value : whole_.nodes[static_cast<std::size_t>(node)].inputs) {
        const bool outside = value < 0 || part_of_[static_cast<std::size_t>(value)] >= 0;
        const int source = source_of(value);
        if (!outside || std::find(part.inputs.begin(), part.inputs.end(), source) != part.inputs.end())
          continue;
        (part.inputs.empty() ? part.graph.input : part.graph.further_inputs.emplace_back()) =
            whole_.extents(value);
        part.inputs.push_back(source);
      }
    }
  }

  GraphNode renumbered(GraphNode node, const GraphPart& part) const {
    for (int& value : node.inputs) {
      const bool inside = value >= 0 && part_of_[static_cast<std::size_t>(value)] < 0;
      if (inside) {
        value = local_.at(value);
      } else {
        const auto input = std::find(part.inputs.begin(), part.inputs.end(), source_of(value));
        value = -1 - static_cast<int>(input - part.inputs.begin());
      }
    }
    return node;
  }

  static void note_reach(GraphPart& part) {
    const std::optional<Reach> reach = reach_of(part.graph);
    if (!reach || reach->extent > part.graph.input.t) return;
    part.per_sample = true;
    part.time_stride = static_cast<int>(reach->stride);
    part.time_extent = static_cast<int>(reach->extent);
  }

  const Graph& whole_;
  std::vector<int> part_of_;  // of each node of the whole graph; −1: in none yet
  std::map<int, int> local_;  // a node's number in its part
  std::vector<GraphPart> parts_;
};

// Parts, or why there are none.
struct Attempt {
  std::vector<GraphPart> parts;
  std::string why;
};

// Two parts with one value between them.
Attempt cut_after(const Graph& graph, int value, const std::string& first, const std::string& second) {
  std::vector<int> nodes = ancestors(graph, value);
  const std::string& name = graph.nodes[static_cast<std::size_t>(value)].name;
  if (!gives_only(consumers(graph), nodes, value)) {
    return {{}, fmt::format("layers after '{}' also read layers before it", name)};
  }
  if (nodes.size() == graph.nodes.size()) return {{}, fmt::format("nothing stands after '{}'", name)};
  Cutter cutter(graph);
  cutter.add(first, std::move(nodes), value);
  cutter.add_rest(second);
  return {cutter.take(), {}};
}

Attempt cut_before_recurrent(const Graph& graph) {
  for (const GraphNode& node : graph.nodes) {
    if (!traits(graph, node).recurrent) continue;
    const int value = node.inputs.front();
    if (value < 0) return {{}, fmt::format("its recurrent layer '{}' reads the clip itself", node.name)};
    return cut_after(graph, value, "samples", "recurrent");
  }
  return {{}, "it has no recurrent layer"};
}

// The branches that meet in a node, or nothing where they share layers, give more than one value, or one
// is the clip itself.
std::optional<std::vector<std::vector<int>>> branches_into(const Graph& graph, const GraphNode& node,
                                                           const std::vector<std::vector<int>>& readers) {
  std::vector<std::vector<int>> branches;
  std::set<int> taken;
  for (const int value : node.inputs) {
    if (value < 0) return std::nullopt;
    branches.push_back(ancestors(graph, value));
    if (!gives_only(readers, branches.back(), value)) return std::nullopt;
    for (const int member : branches.back()) {
      if (!taken.insert(member).second) return std::nullopt;
    }
    const std::vector<int>& by = readers[static_cast<std::size_t>(value) + 1];
    if (by.size() != 1) return std::nullopt;
  }
  return branches;
}

Attempt cut_branches(const Graph& graph) {
  const std::vector<std::vector<int>> readers = consumers(graph);
  for (const GraphNode& node : graph.nodes) {
    if (!traits(graph, node).joins) continue;
    const auto branches = branches_into(graph, node, readers);
    if (!branches) continue;
    Cutter cutter(graph);
    for (std::size_t i = 0; i < branches->size(); ++i) {
      cutter.add(fmt::format("branch_{}", i + 1), (*branches)[i], node.inputs[i]);
    }
    cutter.add_rest("joined");
    return {cutter.take(), {}};
  }
  return {{}, "no branches from the clip meet in it"};
}

bool has_recurrent(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const GraphNode& node) { return traits(graph, node).recurrent; });
}

bool convolves_pictures(const GraphPart& part) {
  return std::any_of(part.graph.nodes.begin(), part.graph.nodes.end(), [&](const GraphNode& node) {
    const Extents& in = part.graph.extents(node.inputs.front());
    return std::holds_alternative<Convolution>(node.operation) && in.t == 1 && in.h * in.w > 1;
  });
}

Attempt cut_where_time_ends(const Graph& graph) {
  if (graph.input.t == 1) return {{}, "its clip has one sample"};
  if (has_recurrent(graph)) return {{}, "its time ends in a recurrent layer"};
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].extents.t != 1) continue;
    Attempt attempt = cut_after(graph, static_cast<int>(i), "video", "picture");
    if (!attempt.why.empty() || convolves_pictures(attempt.parts.back())) return attempt;
    return {{}, fmt::format("no 2D convolution stands after '{}', where its time ends", graph.nodes[i].name)};
  }
  return {{}, "its time does not end"};
}

Attempt attempt_cut(const Graph& graph, Cut cut) {
  if (cut == Cut::before_recurrent) return cut_before_recurrent(graph);
  if (cut == Cut::none) {
    Cutter cutter(graph);
    cutter.add_rest("whole");
    return {cutter.take(), {}};
  }
  Attempt branches = cut_branches(graph);
  if (!branches.parts.empty()) return branches;
  Attempt time = cut_where_time_ends(graph);
  if (time.parts.empty()) time.why = branches.why + ", and " + time.why;
  return time;
}

}  // namespace

std::vector<GraphPart> cut_graph(const Graph& graph, Cut cut, const std::string& name) {
  Attempt attempt = attempt_cut(graph, cut);
  if (!attempt.parts.empty()) return std::move(attempt.parts);
  const char* where =
      cut == Cut::before_recurrent ? "before a recurrent layer" : "at its branches or where time ends";
  throw ModelError(fmt::format("network '{}' cannot be cut {}: {}", name, where, attempt.why));
}

Cut natural_cut(const Graph& graph) {
  for (const Cut cut : {Cut::before_recurrent, Cut::branches}) {
    if (!attempt_cut(graph, cut).parts.empty()) return cut;
  }
  return Cut::none;
}

}  // namespace actionflow
