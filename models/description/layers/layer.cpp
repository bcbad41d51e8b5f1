#include "models/description/layers/layer.h"

#include <fmt/format.h>

#include <limits>

namespace actionflow {
namespace {

constexpr std::int64_t kMostElements = std::numeric_limits<std::int32_t>::max();

// Whether the product of the factors is in 1 … kMostElements.
template <class Factors>
bool holdable(const Factors& factors) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (factor < 1 || factor > kMostElements || product > kMostElements / factor) return false;
    product *= factor;
  }
  return true;
}

}  // namespace

int Emitter::input() const {
  if (inputs_.size() != 1) {
    fail(fmt::format("has {} inputs, expected one", inputs_.size()));
  }
  return inputs_.front();
}

std::string Emitter::describe(int value) const {
  const std::string name = value < 0 ? "input" : graph_.nodes[static_cast<std::size_t>(value)].name;
  return fmt::format("'{}' ({})", name, to_string(extents(value)));
}

int Emitter::add(Operation operation, std::vector<int> inputs, const Extents& result,
                 std::vector<Parameter> parameters, std::string_view suffix) {
  if (!holdable(std::array{result.c, result.t, result.h, result.w})) {
    fail(fmt::format("the result would be {}, from input {}; expected 1 to {} elements", to_string(result),
                     describe(inputs.at(0)), kMostElements));
  }
  GraphNode node;
  node.name = suffix.empty() ? use_.name : fmt::format("{}.{}", use_.name, suffix);
  node.layer = layer_;
  node.operation = operation;
  node.inputs = std::move(inputs);
  node.parameters = std::move(parameters);
  node.extents = result;
  graph_.nodes.push_back(std::move(node));
  return static_cast<int>(graph_.nodes.size()) - 1;
}

Parameter Emitter::parameter(std::string_view role, Shape shape, Initializer initializer,
                             std::string_view part) const {
  if (!holdable(shape)) {
    fail(fmt::format("parameter '{}' would be {}; expected 1 to {} elements", role, to_string(shape),
                     kMostElements));
  }
  Parameter parameter;
  parameter.name =
      part.empty() ? fmt::format("{}.{}", use_.name, role) : fmt::format("{}.{}.{}", use_.name, part, role);
  parameter.role = role;
  parameter.shape = std::move(shape);
  parameter.trainable = role != "moving_mean" && role != "moving_variance";
  parameter.initializer = initializer;
  return parameter;
}

void Emitter::fail(const std::string& message) const {
  throw LayerError{fmt::format("layer '{}' ({}): {}", use_.name, use_.type, message)};
}

}  // namespace actionflow
