// The graph of an ONNX file while it is written. Includes protobuf's classes: for the folders of ONNX only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor/tensor.h"
#include "models/formats/onnx/graph/onnx_proto.h"

namespace actionflow::onnx {

class GraphWriter {
 public:
  // `input` is the name of the network's input, which no node may have. All names begin with the prefix, as
  // those of a node's own graph must differ from those around it.
  GraphWriter(::onnx::GraphProto& graph, const std::string& input, std::string prefix = {})
      : graph_(graph), prefix_(std::move(prefix)) {
    names_.insert(input);
  }

  // Appends a node that gives one value of this name (made unique), and returns the name.
  std::string add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output);
  // The same with several values.
  std::vector<std::string> add_several(const std::string& op, const std::vector<std::string>& inputs,
                                       const std::vector<std::string>& outputs);
  // Of the node appended last.
  void set(const std::string& key, std::int64_t value);
  void set(const std::string& key, float value);
  void set(const std::string& key, const std::string& value);
  void set(const std::string& key, const std::vector<std::int64_t>& values);
  void set(const std::string& key, const std::vector<std::string>& values);
  void set(const std::string& key, const std::vector<float>& values);
  // An attribute that holds nodes of its own.
  ::onnx::GraphProto& graph(const std::string& key);
  // The node gives its only value as its second result.
  void give_as_second();

  // Initialisers; the same name gives the same one.
  std::string weight(const std::string& name, const Tensor& tensor, const Shape& shape);
  std::string integers(const std::vector<std::int64_t>& values);

 private:
  ::onnx::AttributeProto& attribute(const std::string& key);
  std::string unique(const std::string& name);

  ::onnx::GraphProto& graph_;
  std::string prefix_;
  std::set<std::string> names_;
};

}  // namespace actionflow::onnx
