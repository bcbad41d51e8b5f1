#include "models/formats/onnx/idioms.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace actionflow::onnx {
namespace {

// Who gives and who reads each value.
class Links {
 public:
  explicit Links(const OnnxGraph& graph) : graph_(graph) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const std::string& output : graph.nodes[i].outputs) givers_.emplace(output, i);
      for (const std::string& input : graph.nodes[i].inputs) readers_[input].push_back(i);
    }
  }

  // The node of this operator that gives the value.
  const Node* giver(const std::string& value, std::string_view op) const {
    const auto found = givers_.find(value);
    if (found == givers_.end() || graph_.nodes[found->second].op != op) return nullptr;
    return &graph_.nodes[found->second];
  }
  // The one node that reads the value, where it is of this operator.
  const Node* only_reader(const std::string& value, std::string_view op) const {
    const auto found = readers_.find(value);
    if (found == readers_.end() || found->second.size() != 1 || value == graph_.output) return nullptr;
    const Node& node = graph_.nodes[found->second.front()];
    return node.op == op ? &node : nullptr;
  }
  std::optional<float> number(const std::string& value) const {
    const auto found = graph_.constants.find(value);
    const Array* array = found == graph_.constants.end() ? nullptr : found->second.get();
    const Node* constant = giver(value, "Constant");
    if (array == nullptr && constant != nullptr) {
      const Attribute* held = constant->find("value");
      array = held == nullptr ? nullptr : std::get_if<Array>(held);
    }
    if (array == nullptr || array->size() != 1) return std::nullopt;
    return array->real(0);
  }
  // The other input of a node of two inputs.
  static const std::string& other(const Node& node, const std::string& input) {
    return node.inputs.front() == input ? node.inputs.back() : node.inputs.front();
  }

 private:
  const OnnxGraph& graph_;
  std::map<std::string, std::size_t> givers_;
  std::map<std::string, std::vector<std::size_t>> readers_;
};

bool near(std::optional<float> value, float expected) {
  return value && std::abs(*value - expected) <= 1e-3F * std::abs(expected);
}

struct Match {
  std::string input;   // x
  std::string output;  // what the last node gives
};

// The value that x/√2 is made of.
std::optional<std::string> halved_root(const Links& links, const std::string& value) {
  constexpr float kRoot = 1.41421356F;
  if (const Node* divided = links.giver(value, "Div");
      divided != nullptr && divided->inputs.size() == 2 && near(links.number(divided->inputs.back()), kRoot))
    return divided->inputs.front();
  const Node* scaled = links.giver(value, "Mul");
  if (scaled == nullptr || scaled->inputs.size() != 2) return std::nullopt;
  for (const std::string& input : scaled->inputs) {
    if (near(links.number(input), 1 / kRoot)) return Links::other(*scaled, input);
  }
  return std::nullopt;
}

// Erf, then + 1, then times x and times ½ in any order.
std::optional<Match> match_gelu(const Links& links, const Node& erf) {
  const auto x = halved_root(links, erf.inputs.front());
  const Node* sum = links.only_reader(erf.outputs.front(), "Add");
  if (!x || sum == nullptr || !near(links.number(Links::other(*sum, erf.outputs.front())), 1))
    return std::nullopt;
  std::string value = sum->outputs.front();
  bool by_x = false, by_half = false;
  while (!by_x || !by_half) {
    const Node* product = links.only_reader(value, "Mul");
    if (product == nullptr) return std::nullopt;
    const std::string& factor = Links::other(*product, value);
    if (!by_half && near(links.number(factor), 0.5F)) {
      by_half = true;
    } else if (!by_x && factor == *x) {
      by_x = true;
    } else if (const Node* half = links.giver(factor, "Mul");
               half != nullptr && half->inputs.size() == 2 && !by_x && !by_half) {
      // ½·x beside it.
      const bool fits = (half->inputs.front() == *x && near(links.number(half->inputs.back()), 0.5F)) ||
                        (half->inputs.back() == *x && near(links.number(half->inputs.front()), 0.5F));
      if (!fits) return std::nullopt;
      by_x = by_half = true;
    } else {
      return std::nullopt;
    }
    value = product->outputs.front();
  }
  return Match{*x, value};
}

// Nodes that nothing needs any more, from the last to the first; and who reads what is counted anew.
void drop_unread(OnnxGraph& graph) {
  std::map<std::string, int> readers{{graph.output, 1}};
  std::vector<Node> kept;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
    const bool read = std::any_of(node->outputs.begin(), node->outputs.end(),
                                  [&](const std::string& output) { return readers.contains(output); });
    if (!read) continue;
    for (const std::string& input : node->inputs) ++readers[input];
    kept.push_back(std::move(*node));
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  graph.readers = std::move(readers);
}

}  // namespace

void join_idioms(OnnxGraph& graph) {
  const Links links(graph);
  std::map<std::string, Node> replaced;  // by what they give
  for (const Node& node : graph.nodes) {
    if (node.op != "Erf" || node.inputs.empty() || node.outputs.empty()) continue;
    const auto match = match_gelu(links, node);
    if (!match) continue;
    Node gelu = node;
    gelu.op = "Gelu";
    gelu.inputs = {match->input};
    gelu.outputs = {match->output};
    replaced.emplace(match->output, std::move(gelu));
  }
  if (replaced.empty()) return;
  for (Node& node : graph.nodes) {
    if (node.outputs.empty()) continue;
    if (const auto found = replaced.find(node.outputs.front()); found != replaced.end()) node = found->second;
  }
  drop_unread(graph);
}

}  // namespace actionflow::onnx
