// Recurrent layers, for NetworkWriter.
#include "models/formats/keras/keras_network_writer.h"
#include "models/formats/keras/keras_written_activation.h"
#include "models/formats/keras/keras_written_kernel.h"

namespace actionflow::keras {

std::string NetworkWriter::activation_of(ActivationKind kind, float slope) const {
  const std::string name = keras_function_of({.kind = kind, .slope = slope});
  if (name.empty()) refuse("has such an activation");
  return name;
}

template <class Cell>
NetworkWriter::Json NetworkWriter::cell_config(const Cell& cell) const {
  return {{"activation", activation_of(cell.activation, cell.slope)},
          {"recurrent_activation", activation_of(cell.recurrent_activation, cell.slope)},
          {"use_bias", cell.bias},
          {"return_sequences", cell.sequence},
          {"go_backwards", cell.backward}};
}

template <class Cell>
void NetworkWriter::turn_back(const Cell& cell, const Extents& extents) {
  if (cell.backward && cell.sequence) add_beside("Flip", "turned_back", {{"axis", 1}}, last_, extents);
}

void NetworkWriter::add(const Recurrent& r) {
  const bool gru = r.cell == Recurrent::Cell::gru;
  const Extents& in = input_extents();
  add_layer("Reshape", unique(node_->name + "_steps"), {{"target_shape", Json::array({in.t, in.c})}},
            inputs());
  Json config = cell_config(r);
  config["units"] = r.units;
  if (gru) config["reset_after"] = r.reset_after;
  add_own(gru ? "GRU" : "LSTM", config, last_);
  std::vector<Tensor> values{keras_kernel(value("kernel")), keras_kernel(value("recurrent_kernel"))};
  if (r.bias) values.push_back(value("bias"));
  set_weights(gru ? "gru" : "lstm", std::move(values), "cell/");
  turn_back(r, node_->extents);
  const std::string states = last_;
  add_beside("Reshape", "clip", {{"target_shape", extents(node_->extents)}}, states, node_->extents);
}

// With the convolution of its input, which is a node before it.
void NetworkWriter::add(const ConvLstm& c) {
  const GraphNode& own = *node_;
  const GraphNode& input = graph_.nodes[static_cast<std::size_t>(own.inputs.front())];
  const auto& convolution = std::get<Convolution>(input.operation);
  const auto in_space = [](const Axes& axes) { return Json::array({axes[1], axes[2]}); };
  node_ = &input;
  const Padded padded = pad(convolution, convolution.dilation, true);
  const std::string before = padded.before.empty() ? inputs()[0] : padded.before;
  node_ = &own;
  Json config = cell_config(c);
  config.update({{"filters", c.units},
                 {"kernel_size", in_space(convolution.kernel)},
                 {"strides", in_space(convolution.stride)},
                 {"padding", padded.padding},
                 {"data_format", "channels_last"},
                 {"dilation_rate", in_space(convolution.dilation)}});
  add_own("ConvLSTM2D", config, before);
  const std::string_view axes = kernel_axes(KernelOrder::keras, 4);
  std::vector<Tensor> values{from_own_axes(value(input, "kernel"), axes),
                             from_own_axes(value("recurrent_kernel"), axes)};
  if (c.bias) values.push_back(value("bias"));
  set_weights("conv_lstm2d", std::move(values), "cell/");
  turn_back(c, own.extents);
  if (c.sequence) return;
  add_beside("Reshape", "clip", {{"target_shape", extents(own.extents)}}, last_, own.extents);
}

}  // namespace actionflow::keras
