// The network that an ONNX file becomes, while it is put together: lines of a model file, and weights.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/description/model_lines.h"
#include "models/formats/onnx/graph/onnx_graph.h"
#include "models/formats/onnx/operators/axis_view.h"
#include "models/weights/weights.h"

namespace actionflow::onnx {

struct Scores;

// What a node gives: the value of a layer of ours, seen through ONNX' axes.
struct Value {
  std::string layer = kInputName;
  AxisExtents extents{1, 1, 1, 1};
  AxisView view;
  // Zeros to be thought around it, before and after each axis of the view; no layer holds them. Empty for
  // none.
  std::vector<std::pair<std::int64_t, std::int64_t>> padding;
  bool sole = true;  // nothing else reads the layer: what follows may become part of it
  // Instead of a layer's value: the first half of an attention, of which the second makes a layer.
  std::shared_ptr<const Scores> scores = nullptr;
};

// queries · keysᵀ · scale, with or without a Softmax over the keys. The last two axes are positions and the
// numbers of a head.
struct Scores {
  Value query, keys;
  float scale = 1;
  bool softmaxed = false;
};

// Values as YAML; a list of equal numbers becomes one number.
std::string yaml(const std::vector<std::int64_t>& values);

class NetworkWriter {
 public:
  // `file` begins messages. Weights that many layers share are copied to each, so all together are bounded.
  NetworkWriter(std::string file, std::int64_t most_weights)
      : file_(std::move(file)), weights_left_(most_weights) {}

  // Appends a layer that reads `from`. Its name is made unique. ModelError above 2³¹ − 1 elements.
  Value add(ModelLine line, const std::vector<const Value*>& from, const AxisExtents& extents, AxisView view);
  // One that keeps extents and view.
  Value add(ModelLine line, const Value& from);

  void set_weight(const std::string& layer, const std::string& role, Tensor value);
  // Null where the layer has none of this role.
  Tensor* find_weight(const std::string& layer, const std::string& role);

  // The line of the layer that gives the value, where nothing else reads it; else null.
  ModelLine* own_line(const Value& value);

  // The value with ONNX' axes along ours as the placement says; layers that move data are added where it lies
  // otherwise. Fails for the node where an axis that the placement leaves out is not 1.
  Value arranged(const Value& value, const Placement& placement, const Node& node);

  // A name for a node's layer: that of the weight's module, or the node's own path.
  static std::string layer_name(const Node& node, const std::string& weight = {});

  std::vector<ModelLine>& lines() { return lines_; }
  Weights& weights() { return weights_; }

 private:
  std::string unique(const std::string& name);
  Value reshaped_to(const Value& value, const AxisExtents& extents, const Node& node);
  Value permuted_by(const Value& value, const std::array<int, kAxes>& order, const Node& node);

  std::string file_;
  std::int64_t weights_left_;
  std::vector<ModelLine> lines_;
  std::map<std::string, std::size_t> line_by_name_;
  Weights weights_;
};

}  // namespace actionflow::onnx
