// ONNX files put together field by field, right or wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace actionflow::testing {

// A number of protobuf's, seven bits a byte.
inline std::string number_bytes(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7U) bytes += static_cast<char>(value % 128 + 128);
  return bytes + static_cast<char>(value);
}

inline std::string field(unsigned key, std::uint64_t value) {
  return number_bytes(key * 8U) + number_bytes(value);
}
inline std::string field(unsigned key, std::string_view bytes) {
  return number_bytes(key * 8U + 2U) + number_bytes(bytes.size()) + std::string(bytes);
}

inline std::string named_value(const std::string& name, const std::vector<std::int64_t>& shape) {
  std::string dims;
  for (const std::int64_t extent : shape) dims += field(1, field(1, static_cast<std::uint64_t>(extent)));
  return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)));
}

inline std::string tensor_head(const std::string& name, const std::vector<std::int64_t>& dims,
                               unsigned type = 1) {
  std::string bytes;
  for (const std::int64_t extent : dims) bytes += field(1, static_cast<std::uint64_t>(extent));
  return bytes + field(2, type) + field(8, name);
}

inline std::string floats(const std::string& name, const std::vector<std::int64_t>& dims, std::size_t count) {
  return tensor_head(name, dims) + field(9, std::string(count * 4, '\0'));
}

inline std::string integers(const std::string& name, const std::vector<std::int64_t>& values) {
  std::string raw(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t));
  return tensor_head(name, {static_cast<std::int64_t>(values.size())}, 7) + field(9, raw);
}

inline std::string node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output, const std::string& attributes = {}) {
  std::string bytes;
  for (const std::string& input : inputs) bytes += field(1, input);
  return bytes + field(2, output) + field(3, output) + field(4, op) + attributes;
}

inline std::string attribute(const std::string& key, std::int64_t value) {
  return field(5, field(1, key) + field(3, static_cast<std::uint64_t>(value)) + field(20, 2));
}

struct OnnxParts {
  std::vector<std::string> nodes, constants;
  std::vector<std::string> inputs{named_value("x", {1, 2, 3, 4, 4})};
  std::vector<std::string> outputs{named_value("y", {})};
  std::uint64_t opset = 13;
};

inline std::string onnx_bytes(const OnnxParts& parts) {
  std::string graph;
  for (const std::string& one : parts.nodes) graph += field(1, one);
  for (const std::string& one : parts.constants) graph += field(5, one);
  for (const std::string& one : parts.inputs) graph += field(11, one);
  for (const std::string& one : parts.outputs) graph += field(12, one);
  return field(1, 8) + field(8, field(2, parts.opset)) + field(7, graph);
}

}  // namespace actionflow::testing
