// Small graphs built by hand, with random weights, for the tests of plans and kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "models/network/network.h"

namespace actionflow::testing {

// Uniform in [-1, 1), a function of seed alone.
inline Tensor random_tensor(const Shape& shape, std::uint32_t seed) {
  Tensor tensor(shape);
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (float& value : tensor.values()) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8U) / 8388608.0F - 1.0F;
  }
  return tensor;
}

inline Parameter parameter(std::string role, Shape shape) {
  Parameter p;
  p.role = std::move(role);
  p.shape = std::move(shape);
  return p;
}

class GraphMaker {
 public:
  explicit GraphMaker(const Extents& input) { graph.input = input; }

  // Each returns the new node's value. `input` −1 is the clip.
  int convolution(int input, Convolution c) {
    const Extents in = graph.extents(input);
    Extents out{c.filters, along(in.t, c, 0), along(in.h, c, 1), along(in.w, c, 2)};
    std::vector<Parameter> parameters{
        parameter("kernel", {c.filters, in.c / c.groups, c.kernel[0], c.kernel[1], c.kernel[2]})};
    if (c.bias) parameters.push_back(parameter("bias", {c.filters}));
    return add(c, {input}, out, parameters);
  }
  int pooling(int input, Pooling p) {
    const Extents in = graph.extents(input);
    const auto extent = [&](std::int64_t n, std::size_t axis) {
      return (n + p.pad_begin[axis] + p.pad_end[axis] - p.kernel[axis]) / p.stride[axis] + 1;
    };
    return add(p, {input}, {in.c, extent(in.t, 0), extent(in.h, 1), extent(in.w, 2)});
  }
  int batch_norm(int input) {
    const Shape shape{graph.extents(input).c};
    return add(BatchNorm{}, {input}, graph.extents(input),
               {parameter("gamma", shape), parameter("beta", shape), parameter("moving_mean", shape),
                parameter("moving_variance", shape)});
  }
  int activation(int input, ActivationKind kind) {
    return add(Activation{.kind = kind}, {input}, graph.extents(input));
  }
  int prelu(int input, bool one) {
    return add(PRelu{}, {input}, graph.extents(input),
               {parameter("alpha", {one ? 1 : graph.extents(input).c})});
  }
  int scale(int input, bool one) {
    return add(Scale{}, {input}, graph.extents(input),
               {parameter("gamma", {one ? 1 : graph.extents(input).c})});
  }
  int dense(int input, std::int64_t units, bool bias = true) {
    Extents out = graph.extents(input);
    std::vector<Parameter> parameters{parameter("kernel", {units, out.c})};
    if (bias) parameters.push_back(parameter("bias", {units}));
    out.c = units;
    return add(Dense{units, bias}, {input}, out, parameters);
  }
  int recurrent(int input, Recurrent r) {
    const Extents in = graph.extents(input);
    const std::int64_t gates = r.cell == Recurrent::Cell::lstm ? 4 : 3;
    const bool two = r.cell == Recurrent::Cell::gru && r.reset_after;
    std::vector<Parameter> parameters{parameter("kernel", {gates * r.units, in.c}),
                                      parameter("recurrent_kernel", {gates * r.units, r.units})};
    if (r.bias)
      parameters.push_back(parameter("bias", two ? Shape{2, gates * r.units} : Shape{gates * r.units}));
    return add(r, {input}, {r.units, r.sequence ? in.t : 1, 1, 1}, parameters);
  }
  int conv_lstm(int input, ConvLstm lstm) {
    Extents out = graph.extents(input);
    std::vector<Parameter> parameters{
        parameter("recurrent_kernel", {4 * lstm.units, lstm.units, 1, lstm.kernel[0], lstm.kernel[1]})};
    if (lstm.bias) parameters.push_back(parameter("bias", {4 * lstm.units}));
    out.c = lstm.units;
    if (!lstm.sequence) out.t = 1;
    return add(lstm, {input}, out, parameters);
  }
  int flatten(int input) {
    const Extents to{graph.extents(input).size(), 1, 1, 1};
    return add(Reshape{to}, {input}, to);
  }
  int add(Operation operation, std::vector<int> inputs, const Extents& extents,
          std::vector<Parameter> parameters = {}) {
    const int index = static_cast<int>(graph.nodes.size());
    GraphNode node{name(index),           index,  std::move(operation), std::move(inputs),
                   std::move(parameters), extents};
    for (Parameter& p : node.parameters) {
      p.name = node.name + "." + p.role;
      weights.tensors[p.name] = values(p, static_cast<std::uint32_t>(100 * index + p.role.size()));
    }
    graph.nodes.push_back(std::move(node));
    graph.output = index;
    return index;
  }

  Architecture architecture() const {
    Architecture result;
    result.name = "by hand";
    result.graph = graph;
    result.input.channels = static_cast<int>(graph.input.c);
    result.input.frames = static_cast<int>(graph.input.t);
    result.input.height = static_cast<int>(graph.input.h);
    result.input.width = static_cast<int>(graph.input.w);
    return result;
  }
  Tensor clip(std::int64_t batch = 1, std::uint32_t seed = 7) const {
    const Extents& e = graph.input;
    return random_tensor({batch, e.c, e.t, e.h, e.w}, seed);
  }

  Graph graph;
  Weights weights;

 private:
  static std::string name(int index) { return "layer_" + std::to_string(index); }
  static std::int64_t along(std::int64_t n, const Convolution& c, std::size_t axis) {
    const std::int64_t reach = std::int64_t{c.dilation[axis]} * (c.kernel[axis] - 1) + 1;
    return (n + c.pad_begin[axis] + c.pad_end[axis] - reach) / c.stride[axis] + 1;
  }
  // Kernels so scaled that activations stay near 1; variances positive.
  static Tensor values(const Parameter& p, std::uint32_t seed) {
    Tensor tensor = random_tensor(p.shape, seed);
    const auto rows = static_cast<double>(p.shape.empty() ? 1 : p.shape[0]);
    const double fan = std::max(1.0, static_cast<double>(tensor.size()) / rows);
    for (float& value : tensor.values()) {
      if (p.role == "kernel" || p.role == "recurrent_kernel")
        value *= static_cast<float>(1.7 / std::sqrt(fan));
      if (p.role == "moving_variance") value = value * value + 0.3F;
    }
    return tensor;
  }
};

}  // namespace actionflow::testing
