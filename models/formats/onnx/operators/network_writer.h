// The network that an ONNX file becomes, while it is put together: lines of a model file, and weights.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/description/model_lines.h"
#include "models/formats/onnx/graph/onnx_graph.h"
#include "models/formats/onnx/operators/axis_view.h"
#include "models/weights/weights.h"

namespace actionflow::onnx {

struct Scores;

struct PartOfValue;

// What a node gives: the value of a layer of ours, seen through ONNX' axes.
struct Value {
  std::string layer = kInputName;
  AxisExtents extents{1, 1, 1, 1};
  AxisView view;
  // Zeros to be thought around it, before and after each axis of the view; no layer holds them. Empty for
  // none.
  std::vector<std::pair<std::int64_t, std::int64_t>> padding;
  bool sole = true;  // nothing else reads the layer: what follows may become part of it
  // Steps of an axis of ours are to be thought rolled: step i stands at i + roll of the layer's, around the
  // end.
  AxisExtents roll{0, 0, 0, 0};
  // What it means beside its numbers, null where it is nothing further.
  std::shared_ptr<const Scores> scores = nullptr;     // on the way to an attention (scores.h)
  std::shared_ptr<const PartOfValue> part = nullptr;  // what a Slice gives
};

// `count` steps of an axis of ONNX' from `begin` on.
struct PartOfValue {
  Value whole;
  std::size_t axis = 0;
  std::int64_t begin = 0, count = 0;
};

inline constexpr const char* kAxisLetters[] = {"t", "h", "w", "c"};
// The epsilon of batch norms that are made of a scale and a shift: the layer's own.
inline constexpr float kScaleEpsilon = 1e-3F;

// Empty where the line does not have it.
std::string option(const ModelLine& line, std::string_view key);

// Values as YAML; a list of equal numbers becomes one number.
std::string yaml(const std::vector<std::int64_t>& values);

class NetworkWriter {
 public:
  // `file` begins messages. Weights that many layers share are copied to each, so all together are bounded.
  NetworkWriter(std::string file, std::int64_t most_weights)
      : file_(std::move(file)), weights_left_(most_weights) {}

  // Appends a layer that reads `from`. Its name is made unique. ModelError above 2³¹ − 1 elements. What works
  // at each position alike keeps the roll of its inputs; for others layers are added that roll them.
  Value add(ModelLine line, const std::vector<const Value*>& from, const AxisExtents& extents, AxisView view);
  // One that keeps extents and view.
  Value add(ModelLine line, const Value& from);

  // The same of a line that names what it reads.
  Value add_reading(ModelLine line, const AxisExtents& extents, AxisView view) {
    return append(std::move(line), extents, std::move(view));
  }

  void set_weight(const std::string& layer, const std::string& role, Tensor value);
  // Null where the layer has none of this role.
  Tensor* find_weight(const std::string& layer, const std::string& role);

  // The line of the layer that gives the value, where nothing else reads it; else null.
  ModelLine* own_line(const Value& value);

  // Null where the value is the network's input.
  const ModelLine* line_of(const std::string& layer) const;
  // The layer of which this one is a part by one axis of ours, and where it begins; nothing for other layers.
  struct Part {
    std::string whole;
    std::string axis;  // as a model file calls it: t, h, w, c
    std::int64_t begin = 0, count = 0;
  };
  std::optional<Part> part_of(const std::string& layer) const;
  // The factor by which the layer multiplies all of what it reads, and nothing else.
  std::optional<float> factor_of(const std::string& layer) const;
  // Leaves out all layers that the value does not need.
  void keep_only(const Value& result);

  // The value with its steps in a layer as they are counted.
  Value unrolled(Value value) {
    if (value.roll != AxisExtents{}) value.layer = rolled_layer(value);
    value.roll = {};
    return value;
  }
  // The value with ONNX' axes along ours as the placement says; layers that move data are added where it lies
  // otherwise. Fails for the node where an axis that the placement leaves out is not 1.
  Value arranged(const Value& value, const Placement& placement, const Node& node);

  // A name for a node's layer: that of the weight's module, or the node's own path.
  static std::string layer_name(const Node& node, const std::string& weight = {});

  std::vector<ModelLine>& lines() { return lines_; }
  Weights& weights() { return weights_; }

 private:
  std::string unique(const std::string& name);
  Value append(ModelLine line, const AxisExtents& extents, AxisView view);
  std::string rolled_layer(const Value& value);
  Value reshaped_to(const Value& value, const AxisExtents& extents, const Node& node);
  Value permuted_by(const Value& value, const std::array<int, kAxes>& order, const Node& node);

  std::string file_;
  std::int64_t weights_left_;
  std::vector<ModelLine> lines_;
  std::map<std::string, std::size_t> line_by_name_;
  std::map<std::pair<std::string, AxisExtents>, std::string> rolled_;
  Weights weights_;
};

}  // namespace actionflow::onnx
