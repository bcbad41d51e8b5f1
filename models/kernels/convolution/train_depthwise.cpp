// Depthwise convolutions, row by row: what is read again stays in the cache, and padding is never made.
//
// The gradient of the input is a depthwise convolution too. Along the width its outputs fall into as many
// phases as the stride has steps; each phase meets its own taps, in the other order, with stride 1.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "models/kernels/channels.h"
#include "models/kernels/convolution/row_order.h"
#include "models/kernels/parallel.h"
#include "models/kernels/prepared_gradient.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/vector.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;
using kernels::RowOrder;

// The taps along the width that inputs iw ≡ begin (mod stride) go through, as a convolution of the gradient.
struct Phase {
  std::int64_t begin = 0, count = 0;  // the first such iw, and how many
  std::vector<int> taps;              // in the order of what they read
  int dilation = 1, pad = 0;
};

std::vector<Phase> width_phases(const Convolution& c, std::int64_t width) {
  const int stride = c.stride[2], common = std::gcd(stride, c.dilation[2]);
  std::vector<Phase> phases;
  for (int begin = 0; begin < std::min<std::int64_t>(stride, width); ++begin) {
    Phase phase;
    phase.begin = begin;
    phase.count = (width - begin - 1) / stride + 1;
    for (int k = c.kernel[2] - 1; k >= 0; --k)
      if ((begin + c.pad_begin[2] - k * c.dilation[2]) % stride == 0) phase.taps.push_back(k);
    phase.dilation = c.dilation[2] / common;
    if (!phase.taps.empty())
      phase.pad = -(begin + c.pad_begin[2] - phase.taps.front() * c.dilation[2]) / stride;
    phases.push_back(std::move(phase));
  }
  return phases;
}

class TrainDepthwise final : public TrainKernel {
 public:
  explicit TrainDepthwise(const TrainKernelRequest& r)
      : operation_(std::get<Convolution>(r.node.operation)),
        in_(r.in[0]),
        out_(r.out),
        gradient_(out_, in_.type, r.relu),
        relu_(r.relu),
        reads_input_(r.wants_parameter_gradient[0]),
        threads_(std::max(1, r.threads)),
        row_taps_(std::int64_t{1} * operation_.kernel[0] * operation_.kernel[1]),
        tap_row_(operation_.kernel[2] * out_.padded),
        phases_(width_phases(operation_, in_.extents.w)),
        forward_order_(operation_, out_, in_, operation_.stride[1]),
        backward_order_(operation_, in_, out_, 1) {
    weights_at_ = forward_.add_floats(row_taps_ * tap_row_);
    bias_at_ = forward_.add_floats(out_.padded);
    backward_weights_at_ = backward_.add_floats(row_taps_ * tap_row_);
    gradient_at_ = backward_.add(gradient_.bytes());
    sums_at_ = backward_.add_floats(reads_input_ ? 2 * threads_ * row_taps_ * tap_row_ : 0);
  }

  BackwardReads backward_reads() const override { return {{reads_input_}, relu_}; }
  bool overwrites_gradient() const override { return gradient_.overwrites(); }
  std::size_t forward_scratch_bytes() const override { return forward_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return backward_.bytes(); }
  std::string implementation() const override {
    return std::string("own:depthwise:") + gradient_vectors().name;
  }

  void forward(const ForwardArguments& a) const override;
  void backward(const BackwardArguments& a) const override;

 private:
  // Rows that a row of outputs reads, and what stands beside each of them.
  template <class Beside>
  struct Taps {
    std::vector<const void*> rows;
    std::vector<Beside*> beside;

    explicit Taps(std::int64_t most) {
      rows.reserve(static_cast<std::size_t>(most));
      beside.reserve(static_cast<std::size_t>(most));
    }
    void clear() {
      rows.clear();
      beside.clear();
    }
    void add(const void* row, Beside* value) {
      rows.push_back(row);
      beside.push_back(value);
    }
    std::int64_t count() const { return static_cast<std::int64_t>(rows.size()); }
  };

  static std::size_t row_bytes(const Layout& layout) {
    return static_cast<std::size_t>(layout.extents.w * layout.padded) * kernels::bytes_of(layout.type);
  }
  // The row `row` of clip n, rows counted over frames.
  static const std::byte* row_at(const Layout& layout, const void* values, std::int64_t n, std::int64_t row) {
    const std::int64_t rows = n * layout.extents.t * layout.extents.h + row;
    return static_cast<const std::byte*>(values) + static_cast<std::size_t>(rows) * row_bytes(layout);
  }
  static std::int64_t row_of(const Layout& layout, const RowOrder::Place& p) {
    return p.t * layout.extents.h + p.h;
  }

  std::int64_t work() const { return out_.elements() * row_taps_ * operation_.kernel[2]; }

  void forward_row(const ForwardArguments& a, const RowOrder::Place& p) const;
  void input_row(const void* gradient, const float* weights, void* out, const RowOrder::Place& p) const;
  void spread_weights(const float* kernel, float* weights) const;
  void spread_backward_weights(const float* kernel, float* weights) const;
  void add_kernel_gradient(const BackwardArguments& a, const void* gradient) const;
  void sum_rows(const BackwardArguments& a, const void* gradient, std::int64_t first, std::int64_t last,
                float* total, float* recent) const;

  Convolution operation_;
  Layout in_, out_;
  PreparedGradient gradient_;
  bool relu_, reads_input_;
  std::int64_t threads_, row_taps_, tap_row_;  // taps in time and height; floats of one's widths
  std::vector<Phase> phases_;
  RowOrder forward_order_, backward_order_;
  Pieces forward_, backward_;
  std::size_t weights_at_ = 0, bias_at_ = 0, backward_weights_at_ = 0, gradient_at_ = 0, sums_at_ = 0;
};

// Taps × padded channels.
void TrainDepthwise::spread_weights(const float* kernel, float* weights) const {
  const std::int64_t taps = row_taps_ * operation_.kernel[2], channels = out_.extents.c;
  for (std::int64_t k = 0; k < taps; ++k) {
    float* row = weights + k * out_.padded;
    for (std::int64_t c = 0; c < channels; ++c) row[c] = kernel[c * taps + k];
    std::fill(row + channels, row + out_.padded, 0.0F);
  }
}

// The same, widths in the order of phases.
void TrainDepthwise::spread_backward_weights(const float* kernel, float* weights) const {
  const std::int64_t widths = operation_.kernel[2], taps = row_taps_ * widths, channels = out_.extents.c;
  for (std::int64_t r = 0; r < row_taps_; ++r)
    for (const Phase& phase : phases_)
      for (const int k : phase.taps) {
        for (std::int64_t c = 0; c < channels; ++c) weights[c] = kernel[c * taps + r * widths + k];
        std::fill(weights + channels, weights + out_.padded, 0.0F);
        weights += out_.padded;
      }
}

void TrainDepthwise::forward(const ForwardArguments& a) const {
  spread_weights(a.parameters[0], piece<float>(a.scratch, weights_at_));
  float* bias = piece<float>(a.scratch, bias_at_);
  std::fill_n(bias, out_.padded, 0.0F);
  if (operation_.bias) std::copy_n(a.parameters[1], out_.extents.c, bias);
  kernels::parallel_for(forward_order_.count(), work(),
                        [&](std::int64_t i) { forward_row(a, forward_order_[i]); });
}

void TrainDepthwise::forward_row(const ForwardArguments& a, const RowOrder::Place& p) const {
  Taps<const float> taps(row_taps_);
  const float* weights = piece<float>(a.scratch, weights_at_);
  kernels::for_each_row_tap(operation_, in_.extents, p.t, p.h, [&](std::int64_t row, int tap) {
    taps.add(row_at(in_, a.inputs[0], p.n, row), weights + tap * tap_row_);
  });
  kernels::vector_kernels().depthwise(
      {.rows = taps.rows.data(),
       .weights = taps.beside.data(),
       .row_count = taps.count(),
       .in_width = in_.extents.w,
       .out_width = out_.extents.w,
       .padded = out_.padded,
       .kernel = operation_.kernel[2],
       .stride = operation_.stride[2],
       .dilation = operation_.dilation[2],
       .pad = operation_.pad_begin[2],
       .bias = piece<float>(a.scratch, bias_at_),
       .relu = relu_,
       .out = const_cast<std::byte*>(row_at(out_, a.output, p.n, row_of(out_, p))),
       .bf16_in = in_.type == ElementType::bf16,
       .bf16_out = out_.type == ElementType::bf16});
}

void TrainDepthwise::backward(const BackwardArguments& a) const {
  const void* gradient = gradient_.prepare(a, piece(a.scratch, gradient_at_));
  if (operation_.bias && a.parameter_gradients[1] != nullptr)
    add_column_sums(gradient_.layout(), gradient, a.parameter_gradients[1]);
  if (a.parameter_gradients[0] != nullptr) add_kernel_gradient(a, gradient);
  if (a.input_gradients[0] == nullptr) return;
  float* weights = piece<float>(a.scratch, backward_weights_at_);
  spread_backward_weights(a.parameters[0], weights);
  kernels::parallel_for(backward_order_.count(), work(), [&](std::int64_t i) {
    input_row(gradient, weights, a.input_gradients[0], backward_order_[i]);
  });
}

void TrainDepthwise::input_row(const void* gradient, const float* weights, void* out,
                               const RowOrder::Place& p) const {
  Taps<const float> taps(row_taps_);
  kernels::for_each_row_target(operation_, out_.extents, p.t, p.h, [&](std::int64_t row, int tap) {
    taps.add(row_at(gradient_.layout(), gradient, p.n, row), weights + tap * tap_row_);
  });
  const auto* begin = row_at(in_, out, p.n, row_of(in_, p));
  const bool bf16 = in_.type == ElementType::bf16;
  for (const Phase& phase : phases_) {
    const auto at = static_cast<std::size_t>(phase.begin * in_.padded) * kernels::bytes_of(in_.type);
    const auto count = static_cast<std::int64_t>(phase.taps.size());
    kernels::vector_kernels().depthwise({.rows = taps.rows.data(),
                                         .weights = taps.beside.data(),
                                         .row_count = count == 0 ? 0 : taps.count(),
                                         .in_width = out_.extents.w,
                                         .out_width = phase.count,
                                         .padded = in_.padded,
                                         .out_step = operation_.stride[2] * in_.padded,
                                         .kernel = static_cast<int>(count),
                                         .dilation = phase.dilation,
                                         .pad = phase.pad,
                                         .out = const_cast<std::byte*>(begin + at),
                                         .bf16_in = bf16,
                                         .bf16_out = bf16});
    for (const float*& next : taps.beside) next += count * in_.padded;
  }
}

// Each thread sums a stretch of rows; the stretches depend on the number of threads alone, and so do sums.
void TrainDepthwise::add_kernel_gradient(const BackwardArguments& a, const void* gradient) const {
  const std::int64_t size = row_taps_ * tap_row_, rows = forward_order_.count();
  float* sums = piece<float>(a.scratch, sums_at_);
  kernels::parallel_for(threads_, work(), [&](std::int64_t i) {
    float* total = sums + 2 * i * size;
    std::fill_n(total, 2 * size, 0.0F);
    sum_rows(a, gradient, rows * i / threads_, rows * (i + 1) / threads_, total, total + size);
  });
  const std::int64_t taps = row_taps_ * operation_.kernel[2];
  for (std::int64_t i = 0; i < threads_; ++i)
    for (std::int64_t k = 0; k < taps; ++k)
      for (std::int64_t c = 0; c < out_.extents.c; ++c)
        a.parameter_gradients[0][c * taps + k] += sums[2 * i * size + k * out_.padded + c];
}

// Not too many products go into one sum before it joins the total, which bounds their rounding.
void TrainDepthwise::sum_rows(const BackwardArguments& a, const void* gradient, std::int64_t first,
                              std::int64_t last, float* total, float* recent) const {
  constexpr std::int64_t kMostPositions = 1024;
  const std::int64_t size = row_taps_ * tap_row_;
  const auto join = [&] {
    kernels::vector_kernels().binary(Elementwise::Kind::add, 1, total, 1, recent, 1, total, size);
    std::fill_n(recent, size, 0.0F);
  };
  Taps<float> taps(row_taps_);
  std::int64_t positions = 0;
  for (std::int64_t i = first; i < last; ++i) {
    const RowOrder::Place p = forward_order_[i];
    taps.clear();
    kernels::for_each_row_tap(operation_, in_.extents, p.t, p.h, [&](std::int64_t row, int tap) {
      taps.add(row_at(in_, a.inputs[0], p.n, row), recent + tap * tap_row_);
    });
    gradient_vectors().depthwise_kernel(
        {.rows = taps.rows.data(),
         .sums = taps.beside.data(),
         .row_count = taps.count(),
         .gradient = row_at(gradient_.layout(), gradient, p.n, row_of(out_, p)),
         .in_width = in_.extents.w,
         .out_width = out_.extents.w,
         .padded = out_.padded,
         .kernel = operation_.kernel[2],
         .stride = operation_.stride[2],
         .dilation = operation_.dilation[2],
         .pad = operation_.pad_begin[2],
         .bf16 = in_.type == ElementType::bf16});
    positions += out_.extents.w;
    if (positions < kMostPositions) continue;
    join();
    positions = 0;
  }
  join();
}

// A clip of few channels comes unpadded: a padded copy stands for it.
class PaddedDepthwise final : public TrainKernel {
 public:
  explicit PaddedDepthwise(const TrainKernelRequest& r)
      : in_(r.in[0]), padded_(padded(r)), inner_(padded_request(r, padded_)) {
    forward_copy_ = forward_.add(padded_.bytes());
    forward_scratch_ = forward_.add(inner_.forward_scratch_bytes());
    backward_copy_ = backward_.add(padded_.bytes());
    gradient_ = backward_.add(padded_.bytes());
    backward_scratch_ = backward_.add(inner_.backward_scratch_bytes());
  }

  void forward(const ForwardArguments& a) const override {
    ForwardArguments inner = a;
    inner.inputs = {spread(a.inputs[0], piece(a.scratch, forward_copy_))};
    inner.scratch = piece(a.scratch, forward_scratch_);
    inner_.forward(inner);
  }

  void backward(const BackwardArguments& a) const override {
    BackwardArguments inner = a;
    if (a.inputs[0] != nullptr) inner.inputs = {spread(a.inputs[0], piece(a.scratch, backward_copy_))};
    if (a.input_gradients[0] != nullptr) inner.input_gradients = {piece(a.scratch, gradient_)};
    inner.scratch = piece(a.scratch, backward_scratch_);
    inner_.backward(inner);
    if (a.input_gradients[0] != nullptr)
      copy_channels(padded_, inner.input_gradients[0], in_, a.input_gradients[0]);
  }

  BackwardReads backward_reads() const override { return inner_.backward_reads(); }
  bool overwrites_gradient() const override { return inner_.overwrites_gradient(); }
  std::size_t forward_scratch_bytes() const override { return forward_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return backward_.bytes(); }
  std::string implementation() const override { return inner_.implementation() + " + copy"; }

 private:
  static Layout padded(const TrainKernelRequest& r) {
    Layout layout = r.in[0];
    layout.padded = r.out.padded;
    return layout;
  }
  static TrainKernelRequest padded_request(const TrainKernelRequest& r, const Layout& layout) {
    TrainKernelRequest request = r;
    request.in = {layout};
    return request;
  }
  const void* spread(const void* from, void* to) const {
    copy_channels(in_, from, padded_, to);
    clear_padding(padded_, to);
    return to;
  }

  Layout in_, padded_;
  TrainDepthwise inner_;
  Pieces forward_, backward_;
  std::size_t forward_copy_ = 0, forward_scratch_ = 0;
  std::size_t backward_copy_ = 0, gradient_ = 0, backward_scratch_ = 0;
};

}  // namespace

std::unique_ptr<TrainKernel> make_depthwise_convolution(const TrainKernelRequest& request) {
  if (request.out.padded % kernels::kChannelBlock != 0)
    throw ModelError(fmt::format("{}: a depthwise convolution gives padded channels", request.node.name));
  if (request.in[0].padded != request.out.padded) return std::make_unique<PaddedDepthwise>(request);
  return std::make_unique<TrainDepthwise>(request);
}

}  // namespace actionflow::training
