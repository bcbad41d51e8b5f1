#include "models/formats/onnx/graph/onnx_graph.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text/utf8.h"

namespace actionflow::onnx {
namespace {

constexpr std::size_t kMostShown = 120;

template <class T>
T get(const Node& node, const std::string& key, T otherwise) {
  const Attribute* attribute = node.find(key);
  if (attribute == nullptr) return otherwise;
  const T* value = std::get_if<T>(attribute);
  if (value == nullptr) node.fail(fmt::format("its attribute '{}' has another type than ONNX says", key));
  return *value;
}

}  // namespace

std::string shown(std::string_view name) { return actionflow::printable(name.substr(0, kMostShown)); }

const Attribute* Node::find(const std::string& key) const {
  const auto found = attributes.find(key);
  return found == attributes.end() ? nullptr : &found->second;
}

std::int64_t Node::integer(const std::string& key, std::int64_t otherwise) const {
  return get<std::int64_t>(*this, key, otherwise);
}

float Node::number(const std::string& key, float otherwise) const {
  return get<float>(*this, key, otherwise);
}

std::string Node::text(const std::string& key, const std::string& otherwise) const {
  return get<std::string>(*this, key, otherwise);
}

std::vector<std::int64_t> Node::integers(const std::string& key, std::vector<std::int64_t> otherwise) const {
  return get<std::vector<std::int64_t>>(*this, key, std::move(otherwise));
}

std::vector<float> Node::numbers(const std::string& key) const {
  return get<std::vector<float>>(*this, key, {});
}

std::vector<std::string> Node::texts(const std::string& key) const {
  return get<std::vector<std::string>>(*this, key, {});
}

void Node::fail(const std::string& message) const { throw ModelError(fmt::format("{}: {}", where, message)); }

std::int64_t OnnxGraph::constant_elements() const {
  std::int64_t sum = 0;
  for (const auto& [name, array] : constants) sum += array->size();
  return sum;
}

}  // namespace actionflow::onnx
