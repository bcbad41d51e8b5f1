// An ONNX file as plain data: nodes in the order of computing, and constants. Made by onnx_file.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/formats/onnx/graph/onnx_array.h"

namespace actionflow::onnx {

// What a name of the file is shown as in messages and comments: one line, not too long.
std::string shown(std::string_view name);

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>,
                               std::vector<float>, std::vector<std::string>, Array>;

struct Node {
  std::string where;  // "x.onnx: node 'conv1' (Conv)", what its messages begin with
  std::string name;
  std::string op;
  std::string scope;  // the module it stands in, "layer1.0.conv1"; empty where the file does not say
  std::vector<std::string> inputs;   // names of values; empty where one is left out
  std::vector<std::string> outputs;  // the same
  std::map<std::string, Attribute> attributes;

  // Fail where the attribute has another type.
  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;
  float number(const std::string& key, float otherwise) const;
  std::string text(const std::string& key, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const std::string& key, std::vector<std::int64_t> otherwise) const;
  std::vector<float> numbers(const std::string& key) const;
  std::vector<std::string> texts(const std::string& key) const;
  const Attribute* find(const std::string& key) const;

  bool has_input(std::size_t i) const { return i < inputs.size() && !inputs[i].empty(); }
  // Throws ModelError.
  [[noreturn]] void fail(const std::string& message) const;
};

struct OnnxGraph {
  std::string file;
  std::int64_t opset = 0;
  std::map<std::string, std::string> metadata;
  std::string input;                                     // name of the network's one input
  std::vector<std::optional<std::int64_t>> input_shape;  // with the batch; open extents are empty
  std::string output;                                    // name of its one output
  std::vector<Node> nodes;                               // those that the output needs, inputs first
  std::map<std::string, std::shared_ptr<const Array>> constants;
  std::map<std::string, int> readers;  // of each value, the network's output among them

  std::int64_t constant_elements() const;
};

}  // namespace actionflow::onnx
