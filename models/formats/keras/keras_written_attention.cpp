// What transformers are made of, for NetworkWriter.
#include <algorithm>
#include <cmath>

#include "models/formats/keras/keras_network_writer.h"
#include "models/formats/keras/keras_written_kernel.h"
#include "models/graph/sinusoid.h"

namespace actionflow::keras {
namespace {

Tensor filled(const Shape& shape, float value) {
  Tensor tensor(shape);
  std::fill(tensor.values().begin(), tensor.values().end(), value);
  return tensor;
}

// What gives each channel back.
Tensor unit_kernel(std::int64_t channels) {
  Tensor kernel({channels, channels});
  for (std::int64_t i = 0; i < channels; ++i) kernel[i * channels + i] = 1;
  return kernel;
}

// The `part`-th third of the rows.
Tensor third(const Tensor& rows, std::size_t part) {
  Shape shape = rows.shape();
  shape[0] /= 3;
  Tensor result(shape);
  std::copy_n(rows.data() + static_cast<std::int64_t>(part) * result.size(), result.size(), result.data());
  return result;
}

void multiply(Tensor& tensor, float factor) {
  for (float& value : tensor.values()) value *= factor;
}

}  // namespace

// An EinsumDense whose kernel is one number a channel.
void NetworkWriter::add_scaled(const std::string& name, const std::string& input, Tensor scale,
                               const Tensor* table, bool trainable) {
  const Extents& of = node_->extents;
  Extents result = of;
  Json config = {{"trainable", trainable}, {"equation", "bthwc,c->bthwc"}, {"bias_axes", nullptr}};
  Shape shape;
  if (table != nullptr) {
    const char* const letters = "thwc";
    std::string axes;
    for (std::size_t i = 0; i < 4; ++i) {
      const bool first = axes.empty() && i < 3;
      if (table->dim(i) == 1 && (first || i < 3)) {
        if (!first) shape.push_back(1);
        continue;
      }
      axes += letters[i];
      shape.push_back(table->dim(i));
    }
    config["bias_axes"] = axes;
  }
  if (extents_.contains(input)) result = extents_.at(input);
  config["output_shape"] = extents(result);
  add_layer("EinsumDense", name, config, {input});
  extents_[name] = result;
  std::vector<Tensor> values{std::move(scale)};
  if (table != nullptr) values.push_back(Tensor(*table).reshaped(shape));
  set_weights("einsum_dense", std::move(values));
}

// Groups of channels become steps along width for as long.
void NetworkWriter::add(const LayerNorm& n) {
  const Json config = {
      {"axis", -1}, {"epsilon", shortest_decimal(n.epsilon)}, {"center", true}, {"scale", true}};
  if (n.groups == 1) {
    add_own("LayerNormalization", config);
  } else {
    Extents groups = node_->extents;
    groups.w *= n.groups;
    groups.c /= n.groups;
    const std::string apart =
        add_beside("Reshape", "groups", {{"target_shape", extents(groups)}}, inputs()[0], groups);
    add_own("LayerNormalization", config, apart);
    extents_[last_] = groups;
  }
  set_weights("layer_normalization", {value("gamma"), value("beta")});
  if (n.groups != 1)
    add_beside("Reshape", "joined", {{"target_shape", extents(node_->extents)}}, last_, node_->extents);
}

void NetworkWriter::add(const Scale&) {
  const Tensor& gamma = value("gamma");
  const std::int64_t channels = node_->extents.c;
  add_scaled(unique(node_->name), inputs()[0], gamma.size() == 1 ? filled({channels}, gamma[0]) : gamma,
             nullptr);
}

// Zeros of one step, the token added to them, before the others.
void NetworkWriter::add(const ClassToken& t) {
  Extents one = input_extents();
  const Json first = cropping(one, t.axis, 0, 1);
  along(one, t.axis) = 1;
  const std::string step = add_beside("Cropping3D", "first", {{"cropping", first}}, inputs()[0], one);
  const std::string zeros = add_beside("ZerosLike", "zeros", {}, step, one);
  const Tensor token = Tensor(value("token")).reshaped({1, 1, 1, one.c});
  add_scaled(unique(node_->name), zeros, filled({one.c}, 1), &token);
  const int axis = t.axis == ValueAxis::t ? 1 : t.axis == ValueAxis::h ? 2 : 3;
  add_layer("Concatenate", unique(node_->name + "_joined"), {{"axis", axis}}, {last_, inputs()[0]});
}

void NetworkWriter::add(const PositionEmbedding& p) {
  const Extents& e = node_->extents;
  const bool learned = p.kind == PositionEmbedding::Kind::learned;
  const Tensor table = learned ? value("embedding") : Tensor({e.t, e.h, e.w, e.c}, sinusoid(e));
  add_scaled(unique(node_->name), inputs()[0], filled({e.c}, 1), &table, learned);
}

// The Dense layers that give queries, keys and values; where there are none, what changes nothing.
std::array<NetworkWriter::Product, 3> NetworkWriter::products_before(const Attention&) const {
  std::array<Product, 3> products;
  const std::int64_t channels = node_->extents.c;
  for (std::size_t part = 0; part < 3; ++part) {
    const bool joined = node_->inputs.size() == 1;
    const int value_before = node_->inputs[joined ? 0 : part];
    const GraphNode* const before =
        value_before < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(value_before)];
    if (before == nullptr || names_.contains(value_before)) {
      if (joined) refuse("parts its channels into queries, keys and values");
      products[part] = {names_.at(value_before), unit_kernel(channels), filled({channels}, 0)};
      continue;
    }
    const bool bias = std::get<Dense>(before->operation).bias;
    const Tensor& kernel = value(*before, "kernel");
    products[part] = {names_.at(before->inputs.front()), joined ? third(kernel, part) : kernel,
                      filled({channels}, 0)};
    if (bias) products[part].bias = joined ? third(value(*before, "bias"), part) : value(*before, "bias");
  }
  return products;
}

// TensorFlow's softmax takes no more than five axes, so places are one axis, and all positions where all see
// each other.
NetworkWriter::Steps NetworkWriter::attended_steps(const Attention& a) const {
  const std::array<std::int64_t, 3> all{node_->extents.t, node_->extents.h, node_->extents.w};
  std::array<bool, 3> seen{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const int window = a.window[axis];
    seen[axis] = window == 0 || window == all[axis];
    if (!seen[axis] && window != 1) refuse("attends in windows");
  }
  const bool time = seen[0] || all[0] == 1, space = seen[1] && seen[2];
  if (time && space) return {.apart = false, .axis = 1};
  const bool places_alone = (!seen[1] || all[1] == 1) && (!seen[2] || all[2] == 1);
  if (!space && (!seen[0] || !places_alone)) refuse("attends along height or width alone");
  return {.apart = true, .axis = space ? 2 : 1};
}

std::string NetworkWriter::steps_of(const std::string& input, const Extents& e, std::int64_t channels,
                                    const Steps& steps) {
  const Json shape =
      steps.apart ? Json::array({e.t, e.h * e.w, channels}) : Json::array({e.positions(), channels});
  add_layer("Reshape", unique(node_->name + "_steps"), {{"target_shape", shape}}, {input});
  return last_;
}

// With the product behind it, if there is one.
void NetworkWriter::add(const Attention& a) {
  if (a.bias != Attention::Bias::none) refuse("adds biases by distance");
  if (a.add_query) refuse("adds its queries");
  const std::int64_t channels = node_->extents.c, size = channels / a.heads;
  std::array<Product, 3> products = products_before(a);
  if (a.scale != 0) {  // Keras has its own
    const float factor = a.scale * std::sqrt(static_cast<float>(size));
    multiply(products[0].kernel, factor);
    multiply(products[0].bias, factor);
  }
  const int behind = sole_reader<Dense>(number_);
  const GraphNode* const after = behind < 0 ? nullptr : &graph_.nodes[static_cast<std::size_t>(behind)];
  const bool bias = after != nullptr && std::get<Dense>(after->operation).bias;
  const Tensor kernel = after != nullptr ? value(*after, "kernel") : unit_kernel(channels);
  const std::int64_t units = kernel.dim(0);
  const Steps steps = attended_steps(a);
  std::map<std::string, std::string> inputs;  // queries, keys and values may come of one layer
  for (std::size_t part = 0; part < 3; ++part) {
    std::string& input = inputs[products[part].input];
    const Extents& e = graph_.extents(node_->inputs[node_->inputs.size() == 1 ? 0 : part]);
    if (input.empty()) input = steps_of(products[part].input, e, products[part].kernel.dim(1), steps);
  }
  add_layer("MultiHeadAttention", unique(node_->name),
            {{"num_heads", a.heads},
             {"key_dim", size},
             {"value_dim", size},
             {"use_bias", true},
             {"output_shape", Json::array({units})},
             {"attention_axes", Json::array({steps.axis})}},
            {inputs[products[0].input], inputs[products[2].input], inputs[products[1].input]});
  const std::array<const char*, 3> parts{"query_dense/", "key_dense/", "value_dense/"};
  for (std::size_t part = 0; part < 3; ++part)
    set_weights("multi_head_attention",
                {keras_kernel(products[part].kernel).reshaped({products[part].kernel.dim(1), a.heads, size}),
                 std::move(products[part].bias).reshaped({a.heads, size})},
                parts[part]);
  set_weights("multi_head_attention",
              {keras_kernel(kernel).reshaped({a.heads, size, units}),
               bias ? value(*after, "bias") : filled({units}, 0)},
              "output_dense/");
  if (after != nullptr) node_ = after;
  add_beside("Reshape", "clip", {{"target_shape", extents(node_->extents)}}, last_, node_->extents);
  if (after != nullptr) names_[behind] = last_;
}

}  // namespace actionflow::keras
