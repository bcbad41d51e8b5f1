// A network as layers of Keras 3: a function an operation. Used by keras_writer.cpp.
#pragma once

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/formats/keras/keras_writer.h"
#include "models/graph/graph.h"

namespace actionflow::keras {

// Every value is (T, H, W, C) in Keras, too, so that no layer of ours changes what axes mean; recurrent
// layers, which have (T, C), stand between two reshapes.
class NetworkWriter {
 public:
  using Json = nlohmann::ordered_json;

  // The model must outlive this.
  explicit NetworkWriter(const Model& model);
  KerasNetwork run();

 private:
  [[noreturn]] void refuse(const std::string& why) const;

  // ---- layers ----
  static Json shape_of(const Extents& e) { return Json::array({nullptr, e.t, e.h, e.w, e.c}); }
  static Json extents(const Extents& e) { return Json::array({e.t, e.h, e.w, e.c}); }
  static Json axes(const Axes& all) { return Json::array({all[0], all[1], all[2]}); }
  // Keras has no '/' in names, PyTorch as its backend no '.'.
  std::string unique(std::string name);
  Json tensor(const std::string& layer) const;
  void add_layer(const std::string& type, const std::string& name, Json config,
                 const std::vector<std::string>& inputs);
  std::vector<std::string> inputs() const;
  const Extents& input_extents() const { return graph_.extents(node_->inputs.front()); }
  // The node's own layer, reading what its inputs are or, where it is not empty, what was put before it.
  void add_own(const std::string& type, Json config, const std::string& before = {});
  // A layer before or behind the node's own, with its result's extents.
  std::string add_beside(const std::string& type, const std::string& suffix, Json config,
                         const std::string& input, const Extents& extents);
  // Of a Cropping3D that takes `count` steps along an axis.
  static Json cropping(const Extents& in, ValueAxis axis, std::int64_t begin, std::int64_t count);
  // An input of a Concat, its extents of 1 repeated along other axes than that and channels.
  std::string spread(std::size_t input, ValueAxis axis);

  // ---- weights ----
  const Tensor& value(const std::string& role) const { return value(*node_, role); }
  const Tensor& value(const GraphNode& node, const std::string& role) const;
  // Of the layer added last, or of a part of it. Groups are called by the layer's class and its number among
  // those of the class.
  void set_weights(const std::string& class_in_snake, std::vector<Tensor> values,
                   const std::string& part = {});
  // Layers and weights, in the order in which Keras counts them.
  Json finish(const std::string& output);

  // The node that reads this value, where it is the only one and of this kind; else -1.
  template <class Operation>
  int sole_reader(int value) const;
  // Whether the node's operation is done by the layer of another one.
  bool is_part_of_another() const;

  // ---- operations ----
  // Keras' padding where it has the same, else what was put before.
  struct Padded {
    std::string padding = "valid";
    std::string before;
  };
  template <class Window>
  bool is_same_padding(const Window& window, const Axes& dilation) const;
  template <class Window>
  Padded pad(const Window& window, const Axes& dilation, bool zeros);
  bool reads_no_negatives() const;
  void add_pooling(bool max, const Json& size, const Json& stride, const Padded& padded);
  // Of a recurrent layer, by name.
  std::string activation_of(ActivationKind kind, float slope) const;
  // With all that LSTM, GRU and ConvLSTM2D have in common.
  template <class Cell>
  Json cell_config(const Cell& cell) const;
  // Keras gives a sequence that was run through backwards in the order of running.
  template <class Cell>
  void turn_back(const Cell& cell, const Extents& extents);
  // scale·x, one a channel, and, where `table` is not null, T×H×W×C, or 1 along some of them, added.
  void add_scaled(const std::string& name, const std::string& input, Tensor scale, const Tensor* table,
                  bool trainable = true);
  // kernel·x + bias, O×I and O, as one of a MultiHeadAttention's.
  struct Product {
    std::string input;
    Tensor kernel, bias;
  };
  std::array<Product, 3> products_before(const Attention& attention) const;
  // What attention sees as (T, H·W, C), or all positions as one axis; `axis` is Keras'.
  struct Steps {
    bool apart = false;
    int axis = 1;
  };
  Steps attended_steps(const Attention& attention) const;
  std::string steps_of(const std::string& input, const Extents& e, std::int64_t channels, const Steps& steps);

  void add(const Convolution& c);
  void add(const Pooling& p);
  void add(const Reduction& r);
  void add(const BatchNorm& n);
  void add(const actionflow::Activation& a);  // not keras::Activation
  void add(const PRelu& p);
  void add(const Dense& d);
  void add(const Dropout& d);
  void add(const Reshape& r);
  void add(const Permute& p);
  void add(const Concat& c);
  void add(const Elementwise& e);
  void add(const SelectFrames& s);
  void add(const Slice& s);
  void add(const Recurrent& r);
  void add(const ConvLstm& c);
  void add(const LayerNorm& n);
  void add(const Scale& s);
  void add(const ClassToken& t);
  void add(const PositionEmbedding& p);
  void add(const Attention& a);
  void add(const TimeShift&) { refuse("shifts channels along time"); }
  void add(const CumulativeMean&) { refuse("takes the mean of all samples so far"); }
  void add(const MatMul&) { refuse("multiplies two computed matrices"); }
  void add(const Constant&) { refuse("gives a learned constant"); }
  void add(const History&) { refuse("goes on along a stream"); }

  const Model& model_;
  const Graph& graph_;
  std::vector<std::vector<int>> readers_;  // as consumers() gives them
  const GraphNode* node_ = nullptr;
  int number_ = -1;  // of the node
  KerasNetwork result_;
  struct Layer {
    Json json;
    std::vector<std::size_t> inputs;
    std::string weights_class;
    std::vector<std::pair<std::string, std::vector<Tensor>>> weights;  // by part
  };
  std::vector<Layer> layers_;
  std::map<std::string, std::size_t> layer_by_name_;
  std::string last_;
  std::map<int, std::string> names_;        // of each value's layer
  std::map<std::string, Extents> extents_;  // by Keras' layer
  std::set<std::string> taken_;
};

template <class Operation>
int NetworkWriter::sole_reader(int value) const {
  const std::vector<int>& all = readers_[static_cast<std::size_t>(value + graph_.input_count())];
  if (all.size() != 1 || value == graph_.output) return -1;
  return std::holds_alternative<Operation>(graph_.nodes[static_cast<std::size_t>(all.front())].operation)
             ? all.front()
             : -1;
}

}  // namespace actionflow::keras
