#include "models/formats/names/torch_parameters.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

#include "models/description/layers/registry.h"
#include "models/graph/traits.h"

namespace actionflow {
namespace {

ChannelOrder inverse(const ChannelOrder& order) {
  ChannelOrder back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return back;
}

// Element i along the axis is element order[i] of the given tensor.
Tensor taken(Tensor from, int axis, const ChannelOrder& order) {
  if (order.empty()) return from;
  const auto at = from.shape().begin() + axis;
  const std::int64_t outer = element_count({from.shape().begin(), at});
  const std::int64_t inner = element_count({at + 1, from.shape().end()});
  Tensor to(from.shape());
  float* out = to.data();
  for (std::int64_t o = 0; o < outer; ++o) {
    const float* const block = from.data() + o * from.dim(axis) * inner;
    for (const std::int64_t i : order) out = std::copy_n(block + i * inner, inner, out);
  }
  return to;
}

int gate_axis(const Parameter& parameter) {
  return parameter.role == "bias" ? static_cast<int>(parameter.shape.size()) - 1 : 0;
}

// Along gate_axis(); empty where there are no gates or they stand alike.
ChannelOrder gate_order(const TorchParameter& parameter) {
  const std::vector<std::size_t>& gates = parameter.form.gates;
  const Shape& shape = parameter.parameter->shape;
  if (gates.empty()) return {};
  const std::int64_t block = shape[static_cast<std::size_t>(gate_axis(*parameter.parameter))] /
                             static_cast<std::int64_t>(gates.size());
  ChannelOrder order;
  for (const std::size_t gate : gates) {
    for (std::int64_t i = 0; i < block; ++i) order.push_back(static_cast<std::int64_t>(gate) * block + i);
  }
  return order;
}

// Which axis of the parameter goes along the channels that the node reads; −1 for none.
int axis_of_channels(const Parameter& parameter, const GraphNode& node, const Graph& graph) {
  if (parameter.role == "kernel") {
    const auto* convolution = std::get_if<Convolution>(&node.operation);
    return convolution == nullptr || convolution->groups == 1 ? 1 : -1;
  }
  return traits(graph, node).channelwise && parameter.shape.size() == 1 && parameter.shape[0] > 1 ? 0 : -1;
}

TorchParameter torch_parameter(const Parameter& parameter, const GraphNode& node,
                               const Architecture& architecture, const FlattenedMaps& maps) {
  const LayerInfo& layer = architecture.layers[static_cast<std::size_t>(node.layer)];
  const LayerKind* const kind = find_layer_kind(layer.type);
  TorchParameter made{.parameter = &parameter, .form = {}};
  made.form = (kind == nullptr ? usual_torch_form : kind->torch_form)(parameter, node);
  for (std::string& tensor : made.form.tensors)
    tensor = tensor.empty() ? layer.name : layer.name + "." + tensor;
  const int axis = axis_of_channels(parameter, node, architecture.graph);
  if (axis >= 0) {
    made.maps = maps;
    made.channel_axis = axis;
  }
  return made;
}

Tensor joined(const TorchParameter& parameter, std::vector<Tensor> theirs) {
  Tensor first = std::move(theirs.front());
  if (parameter.form.join == TorchForm::Join::sum) {
    for (std::size_t i = 1; i < theirs.size(); ++i) {
      const Tensor& other = theirs[i];
      std::transform(first.data(), first.data() + first.size(), other.data(), first.data(), std::plus<>());
    }
  } else if (parameter.form.join == TorchForm::Join::rows) {
    Tensor rows(parameter.parameter->shape);
    float* to = std::copy_n(first.data(), first.size(), rows.data());
    for (std::size_t i = 1; i < theirs.size(); ++i) to = std::copy_n(theirs[i].data(), theirs[i].size(), to);
    return rows;
  }
  return std::move(first).reshaped(parameter.parameter->shape);
}

std::vector<Tensor> parted(const TorchParameter& parameter, Tensor ours) {
  const TorchForm& form = parameter.form;
  std::vector<Tensor> theirs;
  if (form.join == TorchForm::Join::rows) {
    for (std::size_t i = 0; i < form.tensors.size(); ++i) {
      Tensor row(form.shape);
      std::copy_n(ours.data() + static_cast<std::int64_t>(i) * row.size(), row.size(), row.data());
      theirs.push_back(std::move(row));
    }
    return theirs;
  }
  theirs.push_back(std::move(ours).reshaped(form.shape));
  while (theirs.size() < form.tensors.size()) theirs.emplace_back(form.shape);
  return theirs;
}

Shape without_ones(Shape shape) {
  std::erase(shape, 1);
  return shape;
}

}  // namespace

std::vector<TorchParameter> torch_parameters(const Architecture& architecture) {
  const std::vector<FlattenedMaps> maps = flattened_inputs(architecture.graph);
  std::vector<TorchParameter> parameters;
  for (std::size_t i = 0; i < architecture.graph.nodes.size(); ++i) {
    const GraphNode& node = architecture.graph.nodes[i];
    for (const Parameter& parameter : node.parameters)
      parameters.push_back(torch_parameter(parameter, node, architecture, maps[i]));
  }
  return parameters;
}

Tensor from_torch(const TorchParameter& parameter, std::vector<Tensor> theirs) {
  Tensor ours = joined(parameter, std::move(theirs));
  ours = taken(std::move(ours), gate_axis(*parameter.parameter), gate_order(parameter));
  return taken(std::move(ours), parameter.channel_axis, channel_order(parameter.maps));
}

std::vector<Tensor> to_torch(const TorchParameter& parameter, const Tensor& ours) {
  Tensor theirs = taken(ours, parameter.channel_axis, inverse(channel_order(parameter.maps)));
  theirs = taken(std::move(theirs), gate_axis(*parameter.parameter), inverse(gate_order(parameter)));
  return parted(parameter, std::move(theirs));
}

bool same_but_for_ones(const Shape& a, const Shape& b) { return without_ones(a) == without_ones(b); }

}  // namespace actionflow
