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

enum class ActivationKind { relu, sigmoid, hard_sigmoid, tanh, silu, hard_swish, softmax };

// Kernel O×(I/groups)×T×H×W in parameter role "kernel", optional O in "bias".
// Output extent along an axis: (in + pad_begin + pad_end − (dilation·(kernel−1)+1)) / stride + 1.
struct Convolution {
  std::int64_t filters = 0;
  Axes kernel{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1};  // dilation 1: an ordinary kernel
  Axes pad_begin{0, 0, 0}, pad_end{0, 0, 0};
  int groups = 1;
  bool bias = true;
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

// softmax is over channels at each position. hard_sigmoid: clip(slope·x + 0.5, 0, 1), slope 0.2 (Keras 1
// and 2) or 1/6; hard_swish: x·clip(x/6 + 0.5, 0, 1).
struct Activation {
  ActivationKind kind = ActivationKind::relu;
  float slope = 0.2F;
  bool operator==(const Activation&) const = default;
};

// x > 0 ? x : alpha·x; parameter "alpha": one a channel, or one for all.
struct PRelu {
  bool operator==(const PRelu&) const = default;
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

struct Concat {  // by channels
  bool operator==(const Concat&) const = default;
};

// Elementwise over two or more inputs; extents of 1 are repeated (a squeeze-excite gate has
// T=H=W=1). `scale` multiplies the sum's result (mean of two: 0.5).
struct Elementwise {
  enum class Kind { add, multiply, maximum } kind = Kind::add;
  float scale = 1;
  bool operator==(const Elementwise&) const = default;
};

// One sample of the clip: T becomes 1. Negative counts from the end.
struct SelectFrame {
  int frame = 0;
  bool operator==(const SelectFrame&) const = default;
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

// What a stream brought before, then what is new: the last `steps` samples and those of the input, T becoming
// steps + T. Less than none: the first of the new ones are left out. Before its first sample a stream counts
// as `outside`. Stands in graphs that advance along a stream (models/graph/advancing.h), never in a
// description.
struct History {
  int steps = 1;
  float outside = 0;
  bool operator==(const History&) const = default;
};

using Operation = std::variant<Convolution, Pooling, Reduction, BatchNorm, Activation, PRelu, Dense, Dropout,
                               Reshape, Permute, Concat, Elementwise, SelectFrame, Recurrent, History>;

}  // namespace actionflow
