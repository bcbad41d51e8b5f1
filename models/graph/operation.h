// The operations that a network's graph is made of: what they compute, and nothing of how.
//
// A value has four extents, C×T×H×W, always: a vector has T=H=W=1, a sequence has H=W=1 and its
// steps along T, a still picture has T=1. The batch stands outside. Two-dimensional layers are the
// three-dimensional ones with a kernel of extent 1 in time, so they apply to each sample of a clip.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace actionflow {

struct Extents {
  std::int64_t c = 1, t = 1, h = 1, w = 1;

  std::int64_t size() const { return c * t * h * w; }
  std::int64_t positions() const { return t * h * w; }
  bool operator==(const Extents&) const = default;
};

// "3×10×64×64" (C×T×H×W)
std::string to_string(const Extents& extents);

// Per axis: time, height, width.
using Axes = std::array<int, 3>;

// One axis of a value, in the order in which values are counted.
enum class ValueAxis { t, h, w, c };

inline std::int64_t& along(Extents& e, ValueAxis axis) {
  return axis == ValueAxis::t ? e.t : axis == ValueAxis::h ? e.h : axis == ValueAxis::w ? e.w : e.c;
}
inline std::int64_t along(const Extents& e, ValueAxis axis) {
  return axis == ValueAxis::t ? e.t : axis == ValueAxis::h ? e.h : axis == ValueAxis::w ? e.w : e.c;
}

// Named in models/graph/activation_names.h.
enum class ActivationKind {
  relu,
  leaky_relu,
  clip,
  elu,
  selu,
  sigmoid,
  hard_sigmoid,
  tanh,
  softplus,
  softsign,
  exponential,
  silu,
  hard_swish,
  mish,
  gelu,
  gelu_tanh,
  softmax
};

// Kernel O×(I/groups)×T×H×W in parameter role "kernel", optional O in "bias".
// Output extent along an axis: (in + pad_begin + pad_end − (dilation·(kernel−1)+1)) / stride + 1.
// With `repeats` kernel and bias are of filters/repeats outputs, and serve so many equal parts of the
// channels alike (those of attention's heads); repeats divides groups.
struct Convolution {
  std::int64_t filters = 0;
  Axes kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1};  // dilation 1: an ordinary kernel
  Axes pad_begin{0, 0, 0}, pad_end{0, 0, 0};
  int groups = 1;
  bool bias = true;
  int repeats = 1;
  bool operator==(const Convolution&) const = default;
};

// Average pooling leaves padding out of its count unless count_padding.
struct Pooling {
  enum class Kind { max, average } kind = Kind::max;
  Axes kernel{1, 1, 1}, stride{1, 1, 1};
  Axes pad_begin{0, 0, 0}, pad_end{0, 0, 0};
  bool count_padding = false;
  bool operator==(const Pooling&) const = default;
};

// Over time (T becomes 1), space (H and W become 1), or both.
struct Reduction {
  enum class Kind { mean, max } kind = Kind::mean;
  bool time = true, space = true;
  bool operator==(const Reduction&) const = default;
};

// y = gamma·(x − moving_mean)/√(moving_variance + epsilon) + beta, per channel. Parameters: gamma,
// beta (both optional by the layer's options), moving_mean, moving_variance. In training, mean and (biased)
// variance of the batch stand for the moving ones. momentum as Keras: new moving = momentum·moving +
// (1 − momentum)·batch, where the batch's variance is the unbiased one (n/(n − 1)), as in PyTorch and in
// TensorFlow's fused kernel: an estimate for clips that are not in the batch. A single row moves nothing.
struct BatchNorm {
  float epsilon = 1e-3F;
  float momentum = 0.99F;
  bool scale = true, shift = true;
  bool operator==(const BatchNorm&) const = default;
};

// y = gamma·(x − mean)/√(variance + epsilon) + beta, with mean and (biased) variance over the channels of
// each position; or over each of `groups` equal parts of them by itself, which then share gamma and beta (one
// a channel of a part). Parameters: gamma, beta.
struct LayerNorm {
  float epsilon = 1e-5F;
  int groups = 1;
  bool operator==(const LayerNorm&) const = default;
};

// What stands between values and no other values, but softmax, which is over channels at each position:
//   leaky_relu    x > low ? x : slope·(x − low), slope and low from 0 on
//   clip          min(max(x, low), high)
//   elu           x > 0 ? x : alpha·(eˣ − 1), alpha from 0 on
//   selu          1.0507·elu(x) with alpha 1.67326
//   hard_sigmoid  clip(slope·x + 0.5, 0, 1), slope 0.2 (Keras 1 and 2) or 1/6
//   softplus      ln(1 + eˣ)
//   softsign      x/(1 + |x|)
//   silu          x·sigmoid(x)
//   hard_swish    x·clip(x/6 + 0.5, 0, 1)
//   mish          x·tanh(softplus(x))
//   gelu          x·Φ(x), Φ the standard normal distribution's
//   gelu_tanh     x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))
struct Activation {
  ActivationKind kind = ActivationKind::relu;
  float slope = 0.2F;
  float alpha = 1;
  float low = 0, high = 6;
  bool operator==(const Activation&) const = default;
};

// x > 0 ? x : alpha·x; parameter "alpha": one a channel, or one for all.
struct PRelu {
  bool operator==(const PRelu&) const = default;
};

// gamma·x; parameter "gamma": one a channel, or one for all.
struct Scale {
  bool operator==(const Scale&) const = default;
};

// Over channels at each position: kernel O×I, optional bias O.
struct Dense {
  std::int64_t units = 0;
  bool bias = true;
  bool operator==(const Dense&) const = default;
};

struct Dropout {
  float rate = 0.5F;
  bool operator==(const Dropout&) const = default;
};

// All values counted T, H, W, C as Keras does; the result is again counted so into its extents.
// Flatten is the reshape to C = size, T=H=W=1.
struct Reshape {
  Extents to;
  bool operator==(const Reshape&) const = default;
};

// Axis i of the result (in the order T, H, W, C) is axis order[i] of the input.
struct Permute {
  std::array<int, 4> order{0, 1, 2, 3};
  bool operator==(const Permute&) const = default;
};

// One after another along an axis; along the others, channels excepted, extents of 1 are repeated.
struct Concat {
  ValueAxis axis = ValueAxis::c;
  bool operator==(const Concat&) const = default;
};

// Elementwise over two or more inputs; extents of 1 are repeated (a squeeze-excite gate has
// T=H=W=1). `scale` multiplies the sum's result (mean of two: 0.5).
struct Elementwise {
  enum class Kind { add, multiply, maximum } kind = Kind::add;
  float scale = 1;
  bool operator==(const Elementwise&) const = default;
};

// `count` steps along an axis, from `begin` on.
struct Slice {
  ValueAxis axis = ValueAxis::t;
  std::int64_t begin = 0, count = 1;
  bool operator==(const Slice&) const = default;
};

// A learned vector, parameter "token" (C), stands before the first step along `axis` (not channels), at every
// place of the other axes.
struct ClassToken {
  ValueAxis axis = ValueAxis::w;
  bool operator==(const ClassToken&) const = default;
};

// Adds what tells positions apart. learned: parameter "embedding" T×H×W×C, whose extents are the value's or 1
// (the same along that axis). sinusoid, without parameters: at position p, counted T, H, W, channel c has
// sin(p/10000^(c/C)) for even c and cos(p/10000^((c − 1)/C)) for odd c.
struct PositionEmbedding {
  enum class Kind { learned, sinusoid } kind = Kind::learned;
  bool operator==(const PositionEmbedding&) const = default;
};

// softmax(scale·q·kᵀ + bias)·v among positions, for each of `heads` equal parts of the channels by itself.
// Inputs: q, k and v, or one value that holds the three by channels in this order. k and v have the same
// extents; the result has q's positions, and v's channels, which are as many as q's.
//
// Positions see those of their own window. `window` is its extents along time, height and width; 0: all there
// is, where k may have other positions than q. Otherwise both have the same, and windows divide them. A
// `shift` lets windows begin that many steps later, around the end to the beginning; what meets in a window
// without being neighbours, by its coming around an end, does not see each other.
//
// With class_token the first position stands outside of the map (in time, height, width) that the others
// form: it sees all, is seen by all, and has no bias. The maps' extents are query_map and key_map.
//
// bias table: parameter "table" Π(2·table − 1) × heads, for extents that are at least the window's; the
// distance (q − k) along each axis, plus table − 1, is the index, T slowest. bias decomposed (not in
// windows): q·(Rt + Rh + Rw), q unscaled, for vectors of a head's channels from parameters "time", "height",
// "width" (2·max(query, key) − 1 × channels of a head), at index q·max(key/query, 1) − (k − (key −
// 1))·max(query/key, 1), rounded towards zero, with that axis' extents of the maps.
//
// add_query: q itself is added to the result, but not at the class token.
struct Attention {
  enum class Bias { none, table, decomposed };
  int heads = 1;
  float scale = 0;  // 0: 1/√(channels of a head)
  Axes window{0, 0, 0}, shift{0, 0, 0};
  Bias bias = Bias::none;
  Axes table{0, 0, 0};
  bool class_token = false;
  Axes query_map{0, 0, 0}, key_map{0, 0, 0};
  bool add_query = false;
  bool operator==(const Attention&) const = default;
};

// Products of matrices, one for each step of time and height, which both values have alike. A matrix' rows
// lie along width and its columns along channels; the result's likewise. transposed: a·bᵀ, else a·b.
struct MatMul {
  bool transposed = false;
  bool operator==(const MatMul&) const = default;
};

// Parameter "value" (T×H×W×C), the same for every clip. Of its input nothing is read: it stands for the clip
// that the value belongs to.
struct Constant {
  bool operator==(const Constant&) const = default;
};

// Some samples of the clip, by their numbers from 0 on, ascending: T becomes as many.
struct SelectFrames {
  std::vector<int> frames{0};
  bool operator==(const SelectFrames&) const = default;
};

// Channels shifted along time: the first `next` of a sample are those of the sample after it, the `previous`
// ones behind them those of the sample before it, the rest stay. Padding, at most one sample a side, counts
// as zero; where a side is not padded, its outermost sample is only read from.
struct TimeShift {
  std::int64_t next = 0, previous = 0;
  int pad_begin = 0, pad_end = 0;
  bool operator==(const TimeShift&) const = default;
};

// Of each sample and all before it, at each place. From a stream's first sample on where `carried`, which
// stands in advancing graphs only.
struct CumulativeMean {
  bool carried = false;
  bool operator==(const CumulativeMean&) const = default;
};

// Over the steps along T of a sequence (H=W=1). Gate order in "kernel" (gates·U × I),
// "recurrent_kernel" (gates·U × U), "bias" (gates·U, or 2 × gates·U for reset_after): LSTM i, f, c, o;
// GRU z, r, h — Keras' order. State is zero at the first step. `backward` runs from the last step to
// the first; a returned sequence is then again in the input's order of time.
struct Recurrent {
  enum class Cell { lstm, gru } cell = Cell::lstm;
  std::int64_t units = 0;
  ActivationKind activation = ActivationKind::tanh;
  ActivationKind recurrent_activation = ActivationKind::sigmoid;
  bool backward = false;
  bool reset_after = true;  // GRU: the reset gate applies after the recurrent product
  bool sequence = false;    // every step's state (T kept), else the last
  bool bias = true;
  float slope = 0.2F;    // of hard_sigmoid, as in Activation
  bool carried = false;  // begins with the state that the call before left: in advancing graphs only
  bool operator==(const Recurrent&) const = default;
};

// An LSTM over the samples of a clip, whose state is a map. The input has the gates i, f, c, o as 4·units
// channels; the state before, convolved over height and width, and a bias are added to them. Parameters:
// "recurrent_kernel" 4·units × units × 1 × height × width, "bias" (4·units). The state's map is the input's;
// outside of it is zero, of which the kernel reads (extent − 1)/2 steps before it, rounded down, and the rest
// behind. State is zero at the first sample. backward, sequence and slope as Recurrent's.
struct ConvLstm {
  std::int64_t units = 0;
  std::array<int, 2> kernel{1, 1};  // height, width
  ActivationKind activation = ActivationKind::tanh;
  ActivationKind recurrent_activation = ActivationKind::sigmoid;
  bool backward = false;
  bool sequence = false;
  bool bias = true;
  float slope = 0.2F;
  bool carried = false;
  bool operator==(const ConvLstm&) const = default;
};

// What a stream brought before, then what is new: the last `steps` samples and those of the input, T becoming
// steps + T. Less than none: the first of the new ones are left out. Before its first sample a stream counts
// as `outside`. Stands in graphs that advance along a stream (models/graph/advancing.h), never in a
// description.
struct History {
  int steps = 1;
  float outside = 0;
  bool operator==(const History&) const = default;
};

using Operation = std::variant<Convolution, Pooling, Reduction, BatchNorm, Activation, PRelu, Scale, Dense,
                               Dropout, Reshape, Permute, Concat, Elementwise, Slice, SelectFrames, TimeShift,
                               CumulativeMean, Recurrent, History, LayerNorm, ClassToken, PositionEmbedding,
                               Attention, MatMul, Constant, ConvLstm>;

}  // namespace actionflow
