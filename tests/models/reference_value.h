// What the plain loops share: values with their extents at hand, and what a node reads.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/models/reference.h"

namespace actionflow::testing::plain {

using Index = std::int64_t;

// A value with its five extents at hand.
struct Value {
  Tensor tensor;
  Index n = 1;
  Extents extents;

  Value(Index batch, const Extents& e) : tensor(Shape{batch, e.c, e.t, e.h, e.w}), n(batch), extents(e) {}
  Value(const Tensor& from, const Extents& e)
      : tensor(Tensor(from).reshaped({from.dim(0), e.c, e.t, e.h, e.w})), n(from.dim(0)), extents(e) {}

  Index at(Index b, Index c, Index t, Index h, Index w) const {
    return (((b * extents.c + c) * extents.t + t) * extents.h + h) * extents.w + w;
  }
  float& operator()(Index b, Index c, Index t, Index h, Index w) { return tensor[at(b, c, t, h, w)]; }
  float operator()(Index b, Index c, Index t, Index h, Index w) const { return tensor[at(b, c, t, h, w)]; }
  bool holds(Index t, Index h, Index w) const {
    return t >= 0 && t < extents.t && h >= 0 && h < extents.h && w >= 0 && w < extents.w;
  }
};

// body(b, c, t, h, w) at each element.
template <class F>
void each(const Value& value, F&& body) {
  const Extents& e = value.extents;
  for (Index b = 0; b < value.n; ++b)
    for (Index c = 0; c < e.c; ++c)
      for (Index t = 0; t < e.t; ++t)
        for (Index h = 0; h < e.h; ++h)
          for (Index w = 0; w < e.w; ++w) body(b, c, t, h, w);
}

// body(kt, kh, kw) at each tap of a kernel or window.
template <class F>
void each_tap(const Axes& kernel, F&& body) {
  for (int kt = 0; kt < kernel[0]; ++kt)
    for (int kh = 0; kh < kernel[1]; ++kh)
      for (int kw = 0; kw < kernel[2]; ++kw) body(kt, kh, kw);
}

// What one node reads.
struct Node {
  const GraphNode& description;
  const ParameterValues& parameters;
  std::vector<Value> inputs;

  const Value& input() const { return inputs.at(0); }
  Value result() const { return Value(input().n, description.extents); }

  const Tensor* find(const std::string& role) const {
    for (const Parameter& parameter : description.parameters) {
      if (parameter.role != role) continue;
      const Tensor& tensor = parameters.at(parameter.name);
      if (tensor.shape() != parameter.shape) throw std::invalid_argument(parameter.name + ": another shape");
      return &tensor;
    }
    return nullptr;
  }
  const Tensor& parameter(const std::string& role) const {
    const Tensor* found = find(role);
    if (!found) throw std::invalid_argument(description.name + " has no parameter " + role);
    return *found;
  }
};
double activate(double x, const Activation& activation);

// Operations that are long enough for a file of their own.
Value run(const Attention& attention, const Node& node);
Value run(const Recurrent& recurrent, const Node& node);
Value run(const ConvLstm& lstm, const Node& node);

}  // namespace actionflow::testing::plain
