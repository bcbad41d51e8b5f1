#include "models/formats/keras/keras_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/json_text.h"
#include "models/formats/axis_order.h"
#include "models/formats/keras/keras_written_activation.h"
#include "models/formats/zip/zip_writer.h"
#include "models/graph/traits.h"

namespace actionflow {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kVersion = "3.0.0";
constexpr const char* kInputName = "clip";

// Every value is (T, H, W, C) in Keras, too, so that no layer of ours changes what axes mean; recurrent
// layers, which have (T, C), stand between two reshapes.
class NetworkWriter {
 public:
  explicit NetworkWriter(const Model& model) : model_(model), graph_(model.architecture.graph) {}

  KerasNetwork run() {
    layers_ = Json::array();
    const Extents& in = graph_.input;
    add_layer("InputLayer", kInputName, {{"batch_shape", shape_of(in)}, {"dtype", "float32"}}, {});
    names_[-1] = kInputName;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      node_ = &graph_.nodes[i];
      std::visit([&](const auto& operation) { add(operation); }, node_->operation);
      names_[static_cast<int>(i)] = last_;
      extents_[last_] = node_->extents;
    }
    if (graph_.extents(graph_.output).positions() == 1)
      add_layer("Flatten", unique("scores"), {}, {names_.at(graph_.output)});
    Json model = {{"module", "keras.src.models.functional"},
                  {"class_name", "Functional"},
                  {"registered_name", "Functional"}};
    model["config"] = {{"name", unique(model_.architecture.name)},
                       {"trainable", true},
                       {"layers", std::move(layers_)},
                       {"input_layers", Json::array({kInputName, 0, 0})},
                       {"output_layers", Json::array({last_, 0, 0})}};
    result_.config = json_text(model);
    return std::move(result_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw ModelError(fmt::format("{}: layer '{}' ({}): Keras has no layer that {}", model_.architecture.name,
                                 node_->name, traits(graph_, *node_).name, why));
  }

  static Json shape_of(const Extents& e) { return Json::array({nullptr, e.t, e.h, e.w, e.c}); }
  static Json axes(const Axes& all) { return Json::array({all[0], all[1], all[2]}); }

  // Keras has no '/' in names.
  std::string unique(std::string name) {
    std::replace(name.begin(), name.end(), '/', '_');
    std::string free = name;
    for (int i = 1; !taken_.insert(free).second; ++i) free = fmt::format("{}_{}", name, i);
    return free;
  }

  const Extents& extents_in_keras(const std::string& layer) const {
    const auto found = extents_.find(layer);
    return found == extents_.end() ? graph_.input : found->second;
  }

  Json tensor(const std::string& layer) const {
    return {{"class_name", "__keras_tensor__"},
            {"config",
             {{"shape", shape_of(extents_in_keras(layer))},
              {"dtype", "float32"},
              {"keras_history", Json::array({layer, 0, 0})}}}};
  }

  void add_layer(const std::string& type, const std::string& name, Json config,
                 const std::vector<std::string>& inputs) {
    taken_.insert(name);
    const bool operation = type == "Gelu";  // which is not trained
    Json own = {{"name", name}};
    if (!operation) own["trainable"] = true;
    if (!config.is_null()) own.update(config);
    Json layer = {{"module", operation ? "keras.src.ops.nn" : "keras.layers"},
                  {"class_name", type},
                  {"config", std::move(own)},
                  {"registered_name", operation ? Json(type) : Json()},
                  {"name", name}};
    layer["inbound_nodes"] = Json::array();
    if (!inputs.empty()) {
      Json arguments = Json::array();
      for (const std::string& input : inputs) arguments.push_back(tensor(input));
      if (inputs.size() > 1) arguments = Json::array({arguments});
      layer["inbound_nodes"].push_back({{"args", arguments}, {"kwargs", Json::object()}});
    }
    layers_.push_back(std::move(layer));
    last_ = name;
  }

  std::vector<std::string> inputs() const {
    std::vector<std::string> list;
    for (const int value : node_->inputs) list.push_back(names_.at(value));
    return list;
  }

  // The node's own layer, reading what its inputs are or, where it is not empty, what was put before it.
  void add_own(const std::string& type, Json config, const std::string& before = {}) {
    const std::vector<std::string> from = before.empty() ? inputs() : std::vector<std::string>{before};
    add_layer(type, unique(node_->name), std::move(config), from);
  }

  // A layer before or behind the node's own, with its result's extents.
  std::string add_beside(const std::string& type, const std::string& suffix, Json config,
                         const std::string& input, const Extents& extents) {
    add_layer(type, unique(fmt::format("{}_{}", node_->name, suffix)), std::move(config), {input});
    extents_[last_] = extents;
    return last_;
  }

  // ---- weights ----

  const Tensor& value(const std::string& role) const {
    for (const Parameter& parameter : node_->parameters)
      if (parameter.role == role) return model_.weights.tensors.at(parameter.name);
    throw ModelError(fmt::format("layer '{}' has no '{}'", node_->name, role));
  }

  // Of the layer added last, whose groups count by class.
  void set_weights(const std::string& class_in_snake, std::vector<Tensor> values,
                   const std::string& part = {}) {
    const int number = counts_[class_in_snake]++;
    const std::string group =
        fmt::format("layers/{}{}", class_in_snake, number == 0 ? "" : fmt::format("_{}", number));
    if (values.empty()) return;
    for (std::size_t i = 0; i < values.size(); ++i)
      result_.weights.tensors.emplace(fmt::format("{}/{}vars/{}", group, part, i), std::move(values[i]));
    result_.weights.group_names[group + "/vars"] = last_;
  }

  static Tensor kernel_of_keras(const Tensor& ours) {
    return from_own_axes(ours, kernel_axes(KernelOrder::keras, ours.shape().size()));
  }

  // ---- operations ----

  // Keras' padding where it has the same, else what was put before.
  struct Padded {
    std::string padding = "valid";
    std::string before;
  };

  template <class Window>
  bool is_same_padding(const Window& window, const Axes& dilation) const {
    const Extents& in = graph_.extents(node_->inputs[0]);
    const std::array<std::int64_t, 3> extents{in.t, in.h, in.w};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t reach = std::int64_t{dilation[axis]} * (window.kernel[axis] - 1) + 1;
      const std::int64_t steps = (extents[axis] + window.stride[axis] - 1) / window.stride[axis];
      const std::int64_t total =
          std::max<std::int64_t>((steps - 1) * window.stride[axis] + reach - extents[axis], 0);
      if (window.pad_begin[axis] != total / 2 || window.pad_end[axis] != total - total / 2) return false;
    }
    return true;
  }

  template <class Window>
  Padded pad(const Window& window, const Axes& dilation, bool zeros) {
    const Axes none{0, 0, 0};
    if (window.pad_begin == none && window.pad_end == none) return {};
    if (is_same_padding(window, dilation)) return {"same", {}};
    if (!zeros) refuse("pads so; 'valid' and 'same' there are");
    Extents padded = graph_.extents(node_->inputs[0]);
    padded.t += window.pad_begin[0] + window.pad_end[0];
    padded.h += window.pad_begin[1] + window.pad_end[1];
    padded.w += window.pad_begin[2] + window.pad_end[2];
    Json sides = Json::array();
    for (std::size_t axis = 0; axis < 3; ++axis)
      sides.push_back(Json::array({window.pad_begin[axis], window.pad_end[axis]}));
    return {"valid", add_beside("ZeroPadding3D", "pad", {{"padding", sides}}, inputs()[0], padded)};
  }

  void add(const Convolution& c) {
    if (c.repeats != 1) refuse("has parts of its channels share one kernel");
    const Padded padded = pad(c, c.dilation, true);
    add_own("Conv3D",
            {{"filters", c.filters},
             {"kernel_size", axes(c.kernel)},
             {"strides", axes(c.stride)},
             {"padding", padded.padding},
             {"data_format", "channels_last"},
             {"dilation_rate", axes(c.dilation)},
             {"groups", c.groups},
             {"use_bias", c.bias}},
            padded.before);
    std::vector<Tensor> values{kernel_of_keras(value("kernel"))};
    if (c.bias) values.push_back(value("bias"));
    set_weights("conv3d", std::move(values));
  }

  void add_pooling(bool max, const Json& size, const Json& stride, const Padded& padded) {
    add_own(max ? "MaxPooling3D" : "AveragePooling3D",
            {{"pool_size", size},
             {"strides", stride},
             {"padding", padded.padding},
             {"data_format", "channels_last"}},
            padded.before);
  }

  void add(const Pooling& p) {
    const bool max = p.kind == Pooling::Kind::max;
    const Axes none{0, 0, 0};
    if (!max && p.count_padding && is_same_padding(p, {1, 1, 1}) &&
        (p.pad_begin != none || p.pad_end != none))
      refuse("counts padding in a mean");
    add_pooling(max, axes(p.kernel), axes(p.stride), pad(p, {1, 1, 1}, !max && p.count_padding));
  }

  void add(const Reduction& r) {
    const Extents& in = graph_.extents(node_->inputs[0]);
    const Json size = Json::array({r.time ? in.t : 1, r.space ? in.h : 1, r.space ? in.w : 1});
    add_pooling(r.kind == Reduction::Kind::max, size, size, {});
  }

  void add(const BatchNorm& n) {
    add_own("BatchNormalization", {{"axis", -1},
                                   {"momentum", n.momentum},
                                   {"epsilon", n.epsilon},
                                   {"center", n.shift},
                                   {"scale", n.scale}});
    std::vector<Tensor> values;
    if (n.scale) values.push_back(value("gamma"));
    if (n.shift) values.push_back(value("beta"));
    values.push_back(value("moving_mean"));
    values.push_back(value("moving_variance"));
    set_weights("batch_normalization", std::move(values));
  }

  // Of a recurrent layer, by name.
  std::string activation_of(ActivationKind kind, float slope) const {
    const std::string name = keras_function_of({.kind = kind, .slope = slope});
    if (name.empty()) refuse("has such an activation");
    return name;
  }

  void add(const Activation& a) {
    if (a.kind == ActivationKind::hard_sigmoid && keras_function_of(a).empty())
      refuse("is a hard sigmoid of another slope than 1/6");
    auto [type, config] = keras_layer_of(a);
    if (type.empty()) refuse("is this activation with such parameters");
    add_own(type, std::move(config));
  }

  void add(const PRelu&) {
    const Tensor& alpha = value("alpha");
    const bool shared = alpha.size() == 1 && node_->extents.c != 1;
    add_own("PReLU", {{"shared_axes", shared ? Json::array({1, 2, 3, 4}) : Json::array({1, 2, 3})}});
    set_weights("p_re_lu", {Tensor(alpha).reshaped({1, 1, 1, alpha.size()})});
  }

  void add(const Dense& d) {
    add_own("Dense", {{"units", d.units}, {"use_bias", d.bias}});
    std::vector<Tensor> values{kernel_of_keras(value("kernel"))};
    if (d.bias) values.push_back(value("bias"));
    set_weights("dense", std::move(values));
  }

  void add(const Dropout& d) { add_own("Dropout", {{"rate", d.rate}}); }
  void add(const Reshape& r) { add_own("Reshape", {{"target_shape", extents(r.to)}}); }
  void add(const Permute& p) {
    Json dims = Json::array();
    for (const int axis : p.order) dims.push_back(axis + 1);
    add_own("Permute", {{"dims", dims}});
  }
  void add(const Concat& c) {
    if (c.axis != ValueAxis::c) refuse("joins along another axis than channels");
    add_own("Concatenate", {{"axis", -1}});
  }

  void add(const Elementwise& e) {
    const bool mean = e.kind == Elementwise::Kind::add &&
                      std::abs(e.scale * static_cast<float>(node_->inputs.size()) - 1) < 1e-6F;
    if (e.scale != 1 && !mean) refuse("scales a join");
    if (mean && e.scale != 1) return add_own("Average", Json::object());
    const std::array<const char*, 3> names{"Add", "Multiply", "Maximum"};
    add_own(names[static_cast<std::size_t>(e.kind)], Json::object());
  }

  void add(const SelectFrames& s) {
    const Extents& in = graph_.extents(node_->inputs[0]);
    if (s.frames.size() == 1) {
      const std::int64_t t = s.frames.front();
      const Json none = Json::array({0, 0});
      return add_own("Cropping3D", {{"cropping", Json::array({Json::array({t, in.t - 1 - t}), none, none})}});
    }
    const auto time = traits(graph_, *node_).time;
    if (!time) refuse("takes samples at uneven distances");
    add_pooling(true, Json::array({1, 1, 1}), Json::array({time->stride, 1, 1}), {});
  }

  void add(const Recurrent& r) {
    if (r.backward && r.sequence)
      refuse("gives a sequence that it ran through backwards in the input's order");
    const bool gru = r.cell == Recurrent::Cell::gru;
    const Extents& in = graph_.extents(node_->inputs[0]);
    add_layer("Reshape", unique(node_->name + "_steps"), {{"target_shape", Json::array({in.t, in.c})}},
              inputs());
    const std::string steps = last_;
    Json config = {{"units", r.units},
                   {"activation", activation_of(r.activation, r.slope)},
                   {"recurrent_activation", activation_of(r.recurrent_activation, r.slope)},
                   {"use_bias", r.bias},
                   {"return_sequences", r.sequence},
                   {"go_backwards", r.backward}};
    if (gru) config["reset_after"] = r.reset_after;
    add_own(gru ? "GRU" : "LSTM", config, steps);
    std::vector<Tensor> values{kernel_of_keras(value("kernel")), kernel_of_keras(value("recurrent_kernel"))};
    if (r.bias) values.push_back(value("bias"));
    set_weights(gru ? "gru" : "lstm", std::move(values), "cell/");
    const std::string states = last_;
    add_beside("Reshape", "clip", {{"target_shape", extents(node_->extents)}}, states, node_->extents);
  }

  void add(const Scale&) { refuse("multiplies by a learned number"); }
  void add(const TimeShift&) { refuse("shifts channels along time"); }
  void add(const CumulativeMean&) { refuse("takes the mean of all samples so far"); }
  void add(const Slice& s) {
    if (s.axis == ValueAxis::c) refuse("takes some of the channels");
    Json cropping = Json::array();
    for (const ValueAxis axis : {ValueAxis::t, ValueAxis::h, ValueAxis::w}) {
      const std::int64_t extent = along(graph_.extents(node_->inputs[0]), axis);
      cropping.push_back(axis == s.axis ? Json::array({s.begin, extent - s.begin - s.count})
                                        : Json::array({0, 0}));
    }
    add_own("Cropping3D", {{"cropping", cropping}});
  }
  void add(const LayerNorm& n) {
    if (n.groups != 1) refuse("normalises groups of channels by themselves");
    add_own("LayerNormalization", {{"axis", -1}, {"epsilon", n.epsilon}, {"center", true}, {"scale", true}});
    set_weights("layer_normalization", {value("gamma"), value("beta")});
  }
  void add(const ClassToken&) { refuse("puts a learned token before others"); }
  void add(const PositionEmbedding&) { refuse("adds embeddings of positions so"); }
  void add(const Attention&) { refuse("attends so"); }
  void add(const MatMul&) { refuse("multiplies two computed matrices"); }
  void add(const Constant&) { refuse("gives a learned constant"); }
  void add(const ConvLstm&) { refuse("convolves its state alone"); }
  void add(const History&) { refuse("goes on along a stream"); }

  static Json extents(const Extents& e) { return Json::array({e.t, e.h, e.w, e.c}); }

  const Model& model_;
  const Graph& graph_;
  const GraphNode* node_ = nullptr;
  KerasNetwork result_;
  Json layers_;
  std::string last_;
  std::map<int, std::string> names_;        // of each value's layer
  std::map<std::string, Extents> extents_;  // by Keras' layer
  std::map<std::string, int> counts_;       // of layers with weights, by class
  std::set<std::string> taken_;
};

}  // namespace

KerasNetwork keras_network_of(const Model& model) { return NetworkWriter(model).run(); }

void write_keras_archive(const Model& model, const std::filesystem::path& file) {
  const KerasNetwork network = keras_network_of(model);
  const std::string metadata = json_text(Json({{"keras_version", kVersion}, {"date_saved", ""}}));
  const std::string weights = hdf5_file(network.weights);
  write_zip({{"metadata.json", metadata}, {"config.json", network.config}, {"model.weights.h5", weights}},
            file);
}

void write_keras_weights(const Model& model, const std::filesystem::path& file) {
  const std::string bytes = hdf5_file(keras_network_of(model).weights);
  replace_file(file, bytes);
}

}  // namespace actionflow
