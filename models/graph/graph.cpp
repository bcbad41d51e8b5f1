#include "models/graph/graph.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace actionflow {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::int64_t product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 1;
  for (const std::int64_t factor : factors) {
    if (__builtin_mul_overflow(result, factor, &result)) return std::numeric_limits<std::int64_t>::max();
  }
  return result;
}

std::string activation_name(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::relu:
      return "relu";
    case ActivationKind::sigmoid:
      return "sigmoid";
    case ActivationKind::hard_sigmoid:
      return "hard sigmoid";
    case ActivationKind::tanh:
      return "tanh";
    case ActivationKind::silu:
      return "silu";
    case ActivationKind::hard_swish:
      return "hard swish";
    case ActivationKind::softmax:
      return "softmax";
  }
  return "activation";
}

std::string elementwise_name(Elementwise::Kind kind) {
  if (kind == Elementwise::Kind::add) return "add";
  return kind == Elementwise::Kind::multiply ? "multiply" : "maximum";
}

}  // namespace

std::string to_string(const Extents& extents) {
  return fmt::format("{}×{}×{}×{}", extents.c, extents.t, extents.h, extents.w);
}

std::vector<std::vector<int>> consumers(const Graph& graph) {
  std::vector<std::vector<int>> readers(graph.nodes.size() + static_cast<std::size_t>(graph.input_count()));
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const int value : graph.nodes[i].inputs) {
      std::vector<int>& list = readers[static_cast<std::size_t>(value + graph.input_count())];
      if (list.empty() || list.back() != static_cast<int>(i)) list.push_back(static_cast<int>(i));
    }
  }
  return readers;
}

bool has_recurrent(const Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [](const GraphNode& node) { return std::holds_alternative<Recurrent>(node.operation); });
}

std::int64_t multiply_accumulates(const Graph& graph, const GraphNode& node) {
  const auto input = [&]() -> const Extents& { return graph.extents(node.inputs.at(0)); };
  return std::visit(
      Overloaded{[&](const Convolution& conv) {
                   return product({node.extents.size(), input().c / conv.groups, conv.kernel[0],
                                   conv.kernel[1], conv.kernel[2]});
                 },
                 [&](const Dense& dense) {
                   return product({input().positions(), input().c, dense.units});
                 },
                 [&](const Recurrent& recurrent) {
                   const std::int64_t gates = recurrent.cell == Recurrent::Cell::lstm ? 4 : 3;
                   return product({input().t, gates, recurrent.units, input().c + recurrent.units});
                 },
                 [](const auto&) { return std::int64_t{0}; }},
      node.operation);
}

std::string operation_name(const Operation& operation) {
  return std::visit(Overloaded{[](const Convolution&) -> std::string { return "convolution"; },
                               [](const Pooling& pool) -> std::string {
                                 return pool.kind == Pooling::Kind::max ? "max pooling" : "average pooling";
                               },
                               [](const Reduction& reduction) -> std::string {
                                 return reduction.kind == Reduction::Kind::max ? "global maximum"
                                                                               : "global mean";
                               },
                               [](const BatchNorm&) -> std::string { return "batch norm"; },
                               [](const Activation& activation) { return activation_name(activation.kind); },
                               [](const PRelu&) -> std::string { return "prelu"; },
                               [](const Dense&) -> std::string { return "dense"; },
                               [](const Dropout&) -> std::string { return "dropout"; },
                               [](const Reshape&) -> std::string { return "reshape"; },
                               [](const Permute&) -> std::string { return "permute"; },
                               [](const Concat&) -> std::string { return "concat"; },
                               [](const Elementwise& join) { return elementwise_name(join.kind); },
                               [](const SelectFrame&) -> std::string { return "select frame"; },
                               [](const Recurrent& recurrent) -> std::string {
                                 return recurrent.cell == Recurrent::Cell::lstm ? "lstm" : "gru";
                               }},
                    operation);
}

}  // namespace actionflow
