#include "models/formats/onnx/idioms.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/formats/onnx/graph/own_attributes.h"

namespace actionflow::onnx {
namespace {

bool near(std::optional<float> value, float expected) {
  return value && std::abs(*value - expected) <= 1e-3F * std::abs(expected);
}

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
  // Null where the value is computed.
  const Array* constant(const std::string& value) const {
    if (const auto found = graph_.constants.find(value); found != graph_.constants.end())
      return found->second.get();
    const Node* node = giver(value, "Constant");
    const Attribute* held = node == nullptr ? nullptr : node->find("value");
    return held == nullptr ? nullptr : std::get_if<Array>(held);
  }
  std::optional<float> number(const std::string& value) const {
    const Array* array = constant(value);
    if (array == nullptr || array->size() != 1) return std::nullopt;
    return array->real(0);
  }
  // The value that is multiplied by this number.
  std::optional<std::string> by_number(const std::string& value, float factor) const {
    const Node* product = giver(value, "Mul");
    if (product == nullptr || product->inputs.size() != 2) return std::nullopt;
    for (const std::string& input : product->inputs)
      if (near(number(input), factor)) return other(*product, input);
    return std::nullopt;
  }
  bool is_square(const std::string& value, const std::string& of) const {
    if (const Node* power = giver(value, "Pow"); power != nullptr && power->inputs.size() == 2)
      return power->inputs[0] == of && near(number(power->inputs[1]), 2);
    const Node* product = giver(value, "Mul");
    return product != nullptr && product->inputs == std::vector<std::string>{of, of};
  }
  // The value of which this is the mean over the last axis, which stays.
  std::optional<std::string> mean_of_last_axis(const std::string& value) const {
    const Node* mean = giver(value, "ReduceMean");
    if (mean == nullptr || mean->inputs.empty() || mean->integer("keepdims", 1) != 1) return std::nullopt;
    std::vector<std::int64_t> axes = mean->integers("axes", {});
    if (mean->inputs.size() > 1) {
      const Array* given = constant(mean->inputs[1]);
      if (given == nullptr) return std::nullopt;
      axes = given->integers;
    }
    if (axes != std::vector<std::int64_t>{-1}) return std::nullopt;
    return mean->inputs[0];
  }
  std::optional<std::vector<std::int64_t>> axes(const Node& reduction) const {
    if (reduction.inputs.size() < 2) return reduction.integers("axes", {});
    const Array* given = constant(reduction.inputs[1]);
    return given == nullptr ? std::nullopt : std::optional(given->integers);
  }
  // Of a constant that is made as long as another value: the number that it repeats.
  std::optional<float> repeated_number(const std::string& value) const {
    const Node* repeated = giver(value, "Expand");
    return repeated == nullptr ? std::nullopt : number(repeated->inputs[0]);
  }
  // Whether the value is how many elements these axes of x have together.
  bool counts(const std::string& value, const std::string& x, const std::vector<std::int64_t>& axes) const {
    const Node* cast = giver(value, "Cast");
    const Node* product = cast == nullptr ? nullptr : giver(cast->inputs[0], "ReduceProd");
    const Node* some = product == nullptr ? nullptr : giver(product->inputs[0], "Gather");
    if (some == nullptr || some->inputs.size() != 2) return false;
    const Node* shape = giver(some->inputs[0], "Shape");
    const Array* which = constant(some->inputs[1]);
    return shape != nullptr && shape->inputs[0] == x && which != nullptr && which->integers == axes;
  }
  bool is_vector(const std::string& value) const {
    const Array* array = constant(value);
    return array != nullptr && array->shape.size() == 1;
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

// The value that x/√2 is made of.
std::optional<std::string> halved_root(const Links& links, const std::string& value) {
  constexpr float kRoot = 1.41421356F;
  if (const Node* divided = links.giver(value, "Div");
      divided != nullptr && divided->inputs.size() == 2 && near(links.number(divided->inputs.back()), kRoot))
    return divided->inputs.front();
  return links.by_number(value, 1 / kRoot);
}

// A value + 1, then times x and times ½ in any order: what that gives.
std::optional<std::string> half_of_one_more(const Links& links, const std::string& begin,
                                            const std::string& x) {
  const Node* sum = links.only_reader(begin, "Add");
  if (sum == nullptr || !near(links.number(Links::other(*sum, begin)), 1)) return std::nullopt;
  std::string value = sum->outputs.front();
  bool by_x = false, by_half = false;
  while (!by_x || !by_half) {
    const Node* product = links.only_reader(value, "Mul");
    if (product == nullptr) return std::nullopt;
    const std::string& factor = Links::other(*product, value);
    if (!by_half && near(links.number(factor), 0.5F)) {
      by_half = true;
    } else if (!by_x && factor == x) {
      by_x = true;
    } else if (const auto halved = links.by_number(factor, 0.5F); halved == x && !by_x && !by_half) {
      by_x = by_half = true;  // ½·x stands beside it
    } else {
      return std::nullopt;
    }
    value = product->outputs.front();
  }
  return value;
}

// An activation in the place of a node that it is made of.
Node activation_of(const Node& node, const char* op, const std::string& x, const std::string& output) {
  Node activation = node;
  activation.op = op;
  activation.inputs = {x};
  activation.outputs = {output};
  activation.attributes.clear();
  return activation;
}
Node gelu_of(const Node& node, const std::string& x, const std::string& output) {
  return activation_of(node, "Gelu", x, output);
}

// x/(1 + |x|)
std::optional<Node> match_softsign(const Links& links, const Node& absolute) {
  const std::string &x = absolute.inputs.front(), &magnitude = absolute.outputs.front();
  const Node* sum = links.only_reader(magnitude, "Add");
  if (sum == nullptr || !near(links.number(Links::other(*sum, magnitude)), 1)) return std::nullopt;
  const Node* quotient = links.only_reader(sum->outputs.front(), "Div");
  if (quotient == nullptr || quotient->inputs != std::vector<std::string>{x, sum->outputs.front()})
    return std::nullopt;
  return activation_of(absolute, "Softsign", x, quotient->outputs.front());
}

// x itself above a threshold from which the two are the same.
std::optional<Node> match_softplus(const Links& links, const Node& softplus) {
  const std::string &x = softplus.inputs.front(), &bent = softplus.outputs.front();
  const Node* choice = links.only_reader(bent, "Where");
  if (choice == nullptr || choice->inputs.size() != 3 || choice->inputs[1] != x || choice->inputs[2] != bent)
    return std::nullopt;
  const Node* above = links.giver(choice->inputs[0], "Greater");
  if (above == nullptr || above->inputs.size() != 2 || above->inputs[0] != x) return std::nullopt;
  constexpr float kAlike = 16;  // ln(1 + eˣ) − x is 1e-7 there
  if (links.number(above->inputs[1]).value_or(0) < kAlike) return std::nullopt;
  return activation_of(softplus, "Softplus", x, choice->outputs.front());
}

std::optional<Node> match_gelu(const Links& links, const Node& erf) {
  const auto x = halved_root(links, erf.inputs.front());
  const auto output = x ? half_of_one_more(links, erf.outputs.front(), *x) : std::nullopt;
  return output ? std::optional(gelu_of(erf, *x, *output)) : std::nullopt;
}

// The value of which this is the third power.
std::optional<std::string> root_of_cube(const Links& links, const std::string& value) {
  if (const Node* power = links.giver(value, "Pow"); power != nullptr && power->inputs.size() == 2)
    return near(links.number(power->inputs[1]), 3) ? std::optional(power->inputs[0]) : std::nullopt;
  const Node* product = links.giver(value, "Mul");
  if (product == nullptr || product->inputs.size() != 2) return std::nullopt;
  for (const std::string& x : product->inputs)
    if (links.is_square(Links::other(*product, x), x)) return x;
  return std::nullopt;
}

// tanh(√(2/π)·(x + 0.044715·x³))
std::optional<Node> match_tanh_gelu(const Links& links, const Node& tanh) {
  const auto inner = links.by_number(tanh.inputs.front(), 0.797884561F);
  const Node* sum = inner ? links.giver(*inner, "Add") : nullptr;
  if (sum == nullptr || sum->inputs.size() != 2) return std::nullopt;
  for (const std::string& x : sum->inputs) {
    const auto cube = links.by_number(Links::other(*sum, x), 0.044715F);
    if (!cube || root_of_cube(links, *cube) != x) continue;
    const auto output = half_of_one_more(links, tanh.outputs.front(), x);
    if (!output) return std::nullopt;
    Node gelu = gelu_of(tanh, x, *output);
    gelu.attributes.emplace("approximate", std::string("tanh"));
    return gelu;
  }
  return std::nullopt;
}

// (x − mean)/√(mean of its square + epsilon)·gamma + beta
std::optional<Node> match_layer_norm(const Links& links, const Node& root) {
  const Node* sum = links.giver(root.inputs.front(), "Add");
  if (sum == nullptr || sum->inputs.size() != 2) return std::nullopt;
  const bool last = links.number(sum->inputs[1]).has_value();
  const auto epsilon = links.number(sum->inputs[last ? 1 : 0]);
  const auto squares = links.mean_of_last_axis(sum->inputs[last ? 0 : 1]);
  const Node* divided = links.only_reader(root.outputs.front(), "Div");
  if (!epsilon || !squares || divided == nullptr || divided->inputs.size() != 2 ||
      divided->inputs[1] != root.outputs.front() || !links.is_square(*squares, divided->inputs[0]))
    return std::nullopt;
  const Node* centred = links.giver(divided->inputs[0], "Sub");
  if (centred == nullptr || centred->inputs.size() != 2 ||
      links.mean_of_last_axis(centred->inputs[1]) != centred->inputs[0])
    return std::nullopt;
  const Node* scaled = links.only_reader(divided->outputs.front(), "Mul");
  if (scaled == nullptr) return std::nullopt;
  const std::string& gamma = Links::other(*scaled, divided->outputs.front());
  if (!links.is_vector(gamma)) return std::nullopt;
  Node norm = root;
  norm.op = "LayerNormalization";
  norm.attributes = {{"axis", std::int64_t{-1}}, {"epsilon", *epsilon}};
  norm.inputs = {centred->inputs[0], gamma};
  norm.outputs = scaled->outputs;
  const Node* shifted = links.only_reader(scaled->outputs.front(), "Add");
  if (shifted == nullptr) return norm;
  const std::string& beta = Links::other(*shifted, scaled->outputs.front());
  if (!links.is_vector(beta)) return norm;
  norm.inputs.push_back(beta);
  norm.outputs = shifted->outputs;
  return norm;
}

// A batch norm by the mean and variance of each place itself, as Keras' layer norm is written: of 1 × places
// × channels × 1.
std::optional<Node> match_norm_of_places(const Links& links, const Node& norm) {
  const std::vector<std::int64_t> others{0, 2, 3};
  if (norm.inputs.size() != 5 || links.repeated_number(norm.inputs[1]) != 1.0F ||
      links.repeated_number(norm.inputs[2]) != 0.0F)
    return std::nullopt;
  const std::string& x = norm.inputs[0];
  const Node* squeezed = links.giver(norm.inputs[3], "Squeeze");
  const Node* mean = squeezed == nullptr ? nullptr : links.giver(squeezed->inputs[0], "ReduceMean");
  const Node* divided = links.giver(norm.inputs[4], "Div");
  if (mean == nullptr || mean->inputs[0] != x || links.axes(*mean) != others || divided == nullptr ||
      divided->inputs.size() != 2 || !links.counts(divided->inputs[1], x, others))
    return std::nullopt;
  const Node* squares = links.giver(divided->inputs[0], "ReduceSumSquare");
  const Node* centred = squares == nullptr ? nullptr : links.giver(squares->inputs[0], "Sub");
  if (centred == nullptr || links.axes(*squares) != others ||
      centred->inputs != std::vector<std::string>{x, squeezed->inputs[0]})
    return std::nullopt;
  Node result = norm;
  result.op = "LayerNormalization";
  result.inputs = {x};
  result.attributes = {
      {"axis", std::int64_t{2}}, {"epsilon", norm.number("epsilon", 1e-5F)}, {kOverFirst, std::int64_t{1}}};
  return result;
}

using Matcher = std::optional<Node> (*)(const Links& links, const Node& node);

// By the operator that stands in the idiom's middle.
const std::map<std::string, Matcher>& matchers() {
  static const std::map<std::string, Matcher> kMatchers{
      {"Erf", match_gelu},       {"Abs", match_softsign},    {"Softplus", match_softplus},
      {"Tanh", match_tanh_gelu}, {"Sqrt", match_layer_norm}, {"BatchNormalization", match_norm_of_places}};
  return kMatchers;
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
    const auto matcher = matchers().find(node.op);
    if (matcher == matchers().end() || node.inputs.empty() || node.outputs.empty()) continue;
    if (auto match = matcher->second(links, node)) {
      std::string output = match->outputs.front();
      replaced.emplace(std::move(output), *std::move(match));
    }
  }
  if (replaced.empty()) return;
  for (Node& node : graph.nodes) {
    if (node.outputs.empty()) continue;
    if (const auto found = replaced.find(node.outputs.front()); found != replaced.end()) node = found->second;
  }
  drop_unread(graph);
}

}  // namespace actionflow::onnx
