#include "models/formats/onnx/graph/graph_writer.h"

#include <fmt/format.h>

namespace actionflow::onnx {

using ::onnx::AttributeProto;
using ::onnx::TensorProto;

std::string GraphWriter::unique(const std::string& name) {
  const std::string first = prefix_ + name;
  std::string result = first;
  for (int i = 1; names_.contains(result); ++i) result = fmt::format("{}/{}", first, i);
  names_.insert(result);
  return result;
}

std::string GraphWriter::add(const std::string& op, const std::vector<std::string>& inputs,
                             const std::string& output) {
  return add_several(op, inputs, {output}).front();
}

std::vector<std::string> GraphWriter::add_several(const std::string& op,
                                                  const std::vector<std::string>& inputs,
                                                  const std::vector<std::string>& outputs) {
  ::onnx::NodeProto& node = *graph_.add_node();
  std::vector<std::string> names;
  for (const std::string& output : outputs) names.push_back(unique(output));
  node.set_op_type(op);
  node.set_name(names.front());
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& name : names) node.add_output(name);
  return names;
}

AttributeProto& GraphWriter::attribute(const std::string& key) {
  AttributeProto& attribute = *graph_.mutable_node(graph_.node_size() - 1)->add_attribute();
  attribute.set_name(key);
  return attribute;
}

void GraphWriter::set(const std::string& key, std::int64_t value) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::INT);
  one.set_i(value);
}

void GraphWriter::set(const std::string& key, float value) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::FLOAT);
  one.set_f(value);
}

void GraphWriter::set(const std::string& key, const std::string& value) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::STRING);
  one.set_s(value);
}

void GraphWriter::set(const std::string& key, const std::vector<std::int64_t>& values) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::INTS);
  for (const std::int64_t value : values) one.add_ints(value);
}

void GraphWriter::set(const std::string& key, const std::vector<std::string>& values) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::STRINGS);
  for (const std::string& value : values) one.add_strings(value);
}

void GraphWriter::set(const std::string& key, const std::vector<float>& values) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::FLOATS);
  for (const float value : values) one.add_floats(value);
}

::onnx::GraphProto& GraphWriter::graph(const std::string& key) {
  AttributeProto& one = attribute(key);
  one.set_type(AttributeProto::GRAPH);
  return *one.mutable_g();
}

void GraphWriter::give_as_second() {
  ::onnx::NodeProto& node = *graph_.mutable_node(graph_.node_size() - 1);
  node.add_output(node.output(0));
  node.set_output(0, "");
}

std::string GraphWriter::weight(const std::string& name, const Tensor& tensor, const Shape& shape) {
  const std::string given = unique(name);
  TensorProto& proto = *graph_.add_initializer();
  proto.set_name(given);
  proto.set_data_type(TensorProto::FLOAT);
  for (const std::int64_t extent : shape) proto.add_dims(extent);
  proto.set_raw_data(tensor.data(), static_cast<std::size_t>(tensor.size()) * sizeof(float));
  return given;
}

std::string GraphWriter::integers(const std::vector<std::int64_t>& values) {
  const std::string name = fmt::format("{}constant/[{}]", prefix_, fmt::join(values, ","));
  if (!names_.insert(name).second) return name;
  TensorProto& proto = *graph_.add_initializer();
  proto.set_name(name);
  proto.set_data_type(TensorProto::INT64);
  proto.add_dims(static_cast<std::int64_t>(values.size()));
  proto.set_raw_data(values.data(), values.size() * sizeof(std::int64_t));
  return name;
}

}  // namespace actionflow::onnx
