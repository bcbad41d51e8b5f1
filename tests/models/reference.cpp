#include "tests/models/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "tests/models/reference_value.h"

namespace actionflow::testing {
namespace plain {

double activate(double x, const Activation& activation) {
  switch (activation.kind) {
    case ActivationKind::relu:
      return std::max(x, 0.0);
    case ActivationKind::leaky_relu:
      return x > activation.low ? x : activation.slope * (x - activation.low);
    case ActivationKind::clip:
      return std::clamp<double>(x, activation.low, activation.high);
    case ActivationKind::elu:
      return x > 0 ? x : activation.alpha * std::expm1(x);
    case ActivationKind::selu:
      return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
    case ActivationKind::softplus:
      return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    case ActivationKind::softsign:
      return x / (1 + std::abs(x));
    case ActivationKind::exponential:
      return std::exp(x);
    case ActivationKind::mish:
      return x * std::tanh(std::log1p(std::exp(x)));
    case ActivationKind::sigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::hard_sigmoid:
      return std::clamp(activation.slope * x + 0.5, 0.0, 1.0);
    case ActivationKind::tanh:
      return std::tanh(x);
    case ActivationKind::silu:
      return x / (1 + std::exp(-x));
    case ActivationKind::hard_swish:
      return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case ActivationKind::gelu:
      return x / 2 * std::erfc(-x / std::sqrt(2.0));
    case ActivationKind::gelu_tanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case ActivationKind::softmax:
      break;
  }
  throw std::invalid_argument("softmax is not an elementwise activation");
}

namespace {

// Adds weight·input to one clip's and channel's sums, for the kernel's tap (kt, kh, kw).
void add_tap(const Convolution& conv, const Value& in, Index b, Index i, const Axes& tap, double weight,
             const Extents& out, std::vector<double>& sums) {
  std::size_t place = 0;
  for (Index t = 0; t < out.t; ++t) {
    const Index it = t * conv.stride[0] + tap[0] * conv.dilation[0] - conv.pad_begin[0];
    for (Index h = 0; h < out.h; ++h) {
      const Index ih = h * conv.stride[1] + tap[1] * conv.dilation[1] - conv.pad_begin[1];
      for (Index w = 0; w < out.w; ++w, ++place) {
        const Index iw = w * conv.stride[2] + tap[2] * conv.dilation[2] - conv.pad_begin[2];
        if (in.holds(it, ih, iw)) sums[place] += weight * in(b, i, it, ih, iw);
      }
    }
  }
}

Value run(const Convolution& conv, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Tensor& kernel = node.parameter("kernel");
  const Tensor* bias = conv.bias ? &node.parameter("bias") : nullptr;
  const Index group_in = in.extents.c / conv.groups;
  const Index group_out = conv.filters / conv.groups;
  for (Index b = 0; b < out.n; ++b) {
    for (Index o = 0; o < conv.filters; ++o) {
      const Index own = o % (conv.filters / conv.repeats);
      std::vector<double> sums(static_cast<std::size_t>(out.extents.positions()), bias ? (*bias)[own] : 0);
      Index element = own * kernel.size() / (conv.filters / conv.repeats);
      for (Index i = 0; i < group_in; ++i) {
        each_tap(conv.kernel, [&](int kt, int kh, int kw) {
          add_tap(conv, in, b, o / group_out * group_in + i, {kt, kh, kw}, kernel[element++], out.extents,
                  sums);
        });
      }
      std::transform(sums.begin(), sums.end(), &out(b, o, 0, 0, 0),
                     [](double sum) { return static_cast<float>(sum); });
    }
  }
  return out;
}

Value run(const Pooling& pool, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const bool max = pool.kind == Pooling::Kind::max;
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    double sum = 0, largest = -std::numeric_limits<double>::infinity();
    Index count = 0;
    each_tap(pool.kernel, [&](int kt, int kh, int kw) {
      const Index it = t * pool.stride[0] + kt - pool.pad_begin[0];
      const Index ih = h * pool.stride[1] + kh - pool.pad_begin[1];
      const Index iw = w * pool.stride[2] + kw - pool.pad_begin[2];
      const bool inside = in.holds(it, ih, iw);
      if (inside || pool.count_padding) ++count;
      if (!inside) return;
      sum += in(b, c, it, ih, iw);
      largest = std::max<double>(largest, in(b, c, it, ih, iw));
    });
    out(b, c, t, h, w) = static_cast<float>(max ? largest : sum / static_cast<double>(count));
  });
  return out;
}

Value run(const Reduction& reduction, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const bool max = reduction.kind == Reduction::Kind::max;
  const Axes over{static_cast<int>(reduction.time ? in.extents.t : 1),
                  static_cast<int>(reduction.space ? in.extents.h : 1),
                  static_cast<int>(reduction.space ? in.extents.w : 1)};
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    double sum = 0, largest = -std::numeric_limits<double>::infinity();
    each_tap(over, [&](int kt, int kh, int kw) {
      const double value = in(b, c, t + kt, h + kh, w + kw);
      sum += value;
      largest = std::max(largest, value);
    });
    const double count = 1.0 * over[0] * over[1] * over[2];
    out(b, c, t, h, w) = static_cast<float>(max ? largest : sum / count);
  });
  return out;
}

Value run(const BatchNorm& norm, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Tensor& mean = node.parameter("moving_mean");
  const Tensor& variance = node.parameter("moving_variance");
  const Tensor* gamma = node.find("gamma");
  const Tensor* beta = node.find("beta");
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    const double deviation = std::sqrt(double{variance[c]} + double{norm.epsilon});
    const double normal = (double{in(b, c, t, h, w)} - mean[c]) / deviation;
    out(b, c, t, h, w) = static_cast<float>((gamma ? (*gamma)[c] : 1.0) * normal + (beta ? (*beta)[c] : 0.0));
  });
  return out;
}

Value softmax(const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (Index i = 0; i < in.extents.c; ++i) largest = std::max<double>(largest, in(b, i, t, h, w));
    for (Index i = 0; i < in.extents.c; ++i) sum += std::exp(in(b, i, t, h, w) - largest);
    out(b, c, t, h, w) = static_cast<float>(std::exp(in(b, c, t, h, w) - largest) / sum);
  });
  return out;
}

Value run(const Activation& activation, const Node& node) {
  if (activation.kind == ActivationKind::softmax) return softmax(node);
  Value out = node.result();
  for (Index i = 0; i < out.tensor.size(); ++i) {
    out.tensor[i] = static_cast<float>(activate(node.input().tensor[i], activation));
  }
  return out;
}

Value run(const PRelu&, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Tensor& alpha = node.parameter("alpha");
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    const double x = in(b, c, t, h, w);
    const double slope = alpha.size() == 1 ? alpha[0] : alpha[c];
    out(b, c, t, h, w) = static_cast<float>(x > 0 ? x : slope * x);
  });
  return out;
}

Value run(const Dense& dense, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Tensor& kernel = node.parameter("kernel");
  const Tensor* bias = dense.bias ? &node.parameter("bias") : nullptr;
  each(out, [&](Index b, Index o, Index t, Index h, Index w) {
    double sum = bias ? (*bias)[o] : 0;
    for (Index i = 0; i < in.extents.c; ++i) {
      sum += double{kernel[o * in.extents.c + i]} * in(b, i, t, h, w);
    }
    out(b, o, t, h, w) = static_cast<float>(sum);
  });
  return out;
}

Value run(const Dropout&, const Node& node) { return node.input(); }

// Where the element number `i` of one clip stands, counted T, H, W, C.
struct Place {
  Index c, t, h, w;
};
Place place(const Extents& e, Index i) {
  return {i % e.c, i / (e.c * e.w * e.h), i / (e.c * e.w) % e.h, i / e.c % e.w};
}

Value run(const Reshape& reshape, const Node& node) {
  const Value& in = node.input();
  Value out(in.n, reshape.to);
  for (Index b = 0; b < in.n; ++b) {
    for (Index i = 0; i < in.extents.size(); ++i) {
      const Place from = place(in.extents, i), to = place(reshape.to, i);
      out(b, to.c, to.t, to.h, to.w) = in(b, from.c, from.t, from.h, from.w);
    }
  }
  return out;
}

Value run(const Permute& permute, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    const std::array<Index, 4> to{t, h, w, c};
    std::array<Index, 4> from{};
    for (std::size_t i = 0; i < 4; ++i) from[static_cast<std::size_t>(permute.order[i])] = to[i];
    out(b, c, t, h, w) = in(b, from[3], from[0], from[1], from[2]);
  });
  return out;
}

float repeated(const Value& in, Index b, Index c, Index t, Index h, Index w) {
  const Extents& e = in.extents;
  return in(b, e.c == 1 ? 0 : c, e.t == 1 ? 0 : t, e.h == 1 ? 0 : h, e.w == 1 ? 0 : w);
}

Value run(const Concat& concat, const Node& node) {
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    Extents at{c, t, h, w};
    Index& step = along(at, concat.axis);
    for (const Value& in : node.inputs) {
      if (step < along(in.extents, concat.axis)) {
        out(b, c, t, h, w) = repeated(in, b, at.c, at.t, at.h, at.w);
        return;
      }
      step -= along(in.extents, concat.axis);
    }
  });
  return out;
}

Value run(const Elementwise& join, const Node& node) {
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    double result = repeated(node.inputs.at(0), b, c, t, h, w);
    for (std::size_t i = 1; i < node.inputs.size(); ++i) {
      const double next = repeated(node.inputs[i], b, c, t, h, w);
      if (join.kind == Elementwise::Kind::add) result += next;
      if (join.kind == Elementwise::Kind::multiply) result *= next;
      if (join.kind == Elementwise::Kind::maximum) result = std::max(result, next);
    }
    out(b, c, t, h, w) = static_cast<float>(result * join.scale);
  });
  return out;
}

Value run(const Slice& slice, const Node& node) {
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    Extents at{c, t, h, w};
    along(at, slice.axis) += slice.begin;
    out(b, c, t, h, w) = node.input()(b, at.c, at.t, at.h, at.w);
  });
  return out;
}

Value run(const LayerNorm& norm, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Index channels = in.extents.c / norm.groups;
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    const Index first = c / channels * channels;
    double mean = 0, variance = 0;
    for (Index i = 0; i < channels; ++i) mean += in(b, first + i, t, h, w);
    mean /= static_cast<double>(channels);
    for (Index i = 0; i < channels; ++i) variance += std::pow(in(b, first + i, t, h, w) - mean, 2);
    variance /= static_cast<double>(channels);
    const double normal = (in(b, c, t, h, w) - mean) / std::sqrt(variance + double{norm.epsilon});
    out(b, c, t, h, w) = static_cast<float>(normal * node.parameter("gamma")[c - first] +
                                            double{node.parameter("beta")[c - first]});
  });
  return out;
}

Value run(const SelectFrames& select, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    out(b, c, t, h, w) = in(b, c, select.frames.at(static_cast<std::size_t>(t)), h, w);
  });
  return out;
}

Value run(const ClassToken& token, const Node& node) {
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    Extents at{c, t, h, w};
    const Index step = along(at, token.axis)--;
    out(b, c, t, h, w) = step == 0 ? node.parameter("token")[c] : node.input()(b, at.c, at.t, at.h, at.w);
  });
  return out;
}

Value run(const MatMul& product, const Node& node) {
  const Value &a = node.inputs.at(0), &b = node.inputs.at(1);
  Value out = node.result();
  each(out, [&](Index n, Index c, Index t, Index h, Index w) {
    double sum = 0;
    for (Index k = 0; k < a.extents.c; ++k)
      sum += double{a(n, k, t, h, w)} * (product.transposed ? b(n, k, t, h, c) : b(n, c, t, h, k));
    out(n, c, t, h, w) = static_cast<float>(sum);
  });
  return out;
}

Value run(const Constant&, const Node& node) {
  Value out = node.result();
  const Extents e = out.extents;
  each(out, [&](Index n, Index c, Index t, Index h, Index w) {
    out(n, c, t, h, w) = node.parameter("value")[((t * e.h + h) * e.w + w) * e.c + c];
  });
  return out;
}

Value run(const PositionEmbedding& embedding, const Node& node) {
  Value out = node.result();
  const Extents& e = out.extents;
  const Tensor* learned = node.find("embedding");
  const auto clipped = [&](std::size_t axis, Index at) { return learned->dim(axis) == 1 ? 0 : at; };
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    double added = 0;
    if (embedding.kind == PositionEmbedding::Kind::learned) {
      const Index row = (clipped(0, t) * learned->dim(1) + clipped(1, h)) * learned->dim(2) + clipped(2, w);
      added = (*learned)[row * e.c + c];
    } else {
      const auto position = static_cast<double>((t * e.h + h) * e.w + w);
      const double pair = static_cast<double>(c - c % 2) / static_cast<double>(e.c);
      const double angle = position / std::pow(10000.0, pair);
      added = c % 2 == 0 ? std::sin(angle) : std::cos(angle);
    }
    out(b, c, t, h, w) = static_cast<float>(node.input()(b, c, t, h, w) + added);
  });
  return out;
}

Value run(const TimeShift& shift, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Index present = (shift.previous > 0 ? 1 : 0) - shift.pad_begin;
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    Index from = t + present;
    if (c < shift.next)
      ++from;
    else if (c < shift.next + shift.previous)
      --from;
    out(b, c, t, h, w) = in.holds(from, h, w) ? in(b, c, from, h, w) : 0;
  });
  return out;
}

Value run(const CumulativeMean&, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    double sum = 0;
    for (Index s = 0; s <= t; ++s) sum += in(b, c, s, h, w);
    out(b, c, t, h, w) = static_cast<float>(sum / static_cast<double>(t + 1));
  });
  return out;
}

Value run(const Scale&, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  const Tensor& gamma = node.parameter("gamma");
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    out(b, c, t, h, w) = gamma[gamma.size() == 1 ? 0 : c] * in(b, c, t, h, w);
  });
  return out;
}

// A stream's first samples: nothing was before them.
Value run(const History& history, const Node& node) {
  const Value& in = node.input();
  Value out = node.result();
  each(out, [&](Index b, Index c, Index t, Index h, Index w) {
    out(b, c, t, h, w) = t < history.steps ? history.outside : in(b, c, t - history.steps, h, w);
  });
  return out;
}

}  // namespace

Value run(const Operation& operation, const Node& node) {
  return std::visit([&](const auto& each) { return run(each, node); }, operation);
}

}  // namespace plain

std::vector<Tensor> reference_values(const Graph& graph, const ParameterValues& parameters,
                                     std::span<const Tensor> inputs) {
  std::vector<Tensor> values;
  for (const GraphNode& description : graph.nodes) {
    plain::Node node{description, parameters, {}};
    for (const int index : description.inputs) {
      const Tensor& from = index >= 0 ? values.at(static_cast<std::size_t>(index))
                                      : inputs[static_cast<std::size_t>(-1 - index)];
      node.inputs.emplace_back(from, graph.extents(index));
    }
    plain::Value result = plain::run(description.operation, node);
    if (result.extents != description.extents) throw std::logic_error(description.name + ": other extents");
    values.push_back(std::move(result.tensor));
  }
  return values;
}

Tensor reference(const Graph& graph, const ParameterValues& parameters, const Tensor& input) {
  if (graph.output < 0) return input;
  return reference_values(graph, parameters, {&input, 1}).at(static_cast<std::size_t>(graph.output));
}

Deviation deviation(const Tensor& actual, const Tensor& expected) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (actual.size() != expected.size()) return {kInfinity, kInfinity};
  double scale = 0, sum = 0, largest = 0;
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(double{actual[i]} - expected[i]);
    if (!std::isfinite(difference)) return {kInfinity, kInfinity};
    scale = std::max(scale, std::abs(double{expected[i]}));
    largest = std::max(largest, difference);
    sum += difference;
  }
  if (largest == 0) return {};
  return {largest / scale, sum / static_cast<double>(expected.size()) / scale};
}

}  // namespace actionflow::testing
