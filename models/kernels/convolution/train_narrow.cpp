// Kernel and bias gradients of convolutions of a few input channels: rows of outputs against rows of inputs,
// the ReLU's mask applied as gradients are read. oneDNN is several times slower at these.
#include <omp.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/machine/processor.h"
#include "models/kernels/convolution/convolution_pass.h"
#include "models/kernels/convolution/narrow_products.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;
using kernels::Layout;

constexpr std::int64_t kLanes = 16;

class NarrowWeightsPass final : public ConvolutionPass {
 public:
  explicit NarrowWeightsPass(const ConvolutionShape& shape)
      : c_(shape.operation),
        in_(shape.in),
        out_(shape.out),
        threads_(omp_get_max_threads()),
        run_(static_cast<int>(c_.kernel[2] * in_.extents.c)),
        rows_(std::int64_t{c_.kernel[0]} * c_.kernel[1]),
        row_floats_((in_.extents.w + c_.pad_begin[2] + c_.pad_end[2] + c_.kernel[2]) * in_.extents.c),
        sums_at_(pieces_.add_floats(std::int64_t{run_} * rows_ * out_.padded)),
        bias_at_(pieces_.add_floats(out_.padded)),
        gradient_at_(pieces_.add_floats(out_.extents.w * out_.padded)),
        inputs_at_(pieces_.add_floats(rows_ * row_floats_)) {}

  void run(const PassArguments& a) const override {
    const std::int64_t count = out_.batch * out_.extents.t * out_.extents.h;
    // The sums of threads that the region does not get, too.
    std::memset(a.scratch, 0, scratch_bytes());
#pragma omp parallel num_threads(threads_)
    {
      void* own = piece(a.scratch, static_cast<std::size_t>(omp_get_thread_num()) * pieces_.bytes());
#pragma omp for schedule(static)
      for (std::int64_t row = 0; row < count; ++row) add_row(a, row, own);
    }
    for (int thread = 0; thread < threads_; ++thread)
      add_sums(piece(a.scratch, static_cast<std::size_t>(thread) * pieces_.bytes()), a);
  }

  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(threads_) * pieces_.bytes(); }
  std::string implementation() const override { return "own:narrow:avx512"; }
  bool masks() const override { return true; }

 private:
  // One row of outputs.
  void add_row(const PassArguments& a, std::int64_t row, void* own) const {
    const std::int64_t h = row % out_.extents.h, t = row / out_.extents.h % out_.extents.t,
                       clip = row / out_.extents.h / out_.extents.t;
    auto* gradient = piece<float>(own, gradient_at_);
    read_gradient(a, row, gradient, piece<float>(own, bias_at_));
    std::vector<const float*> inputs;
    for (int kt = 0; kt < c_.kernel[0]; ++kt)
      for (int kh = 0; kh < c_.kernel[1]; ++kh) {
        float* to = piece<float>(own, inputs_at_) + (kt * c_.kernel[1] + kh) * row_floats_;
        read_input(a.input, clip, t * c_.stride[0] + kt - c_.pad_begin[0],
                   h * c_.stride[1] + kh - c_.pad_begin[1], to);
        inputs.push_back(to);
      }
    NarrowProduct product;
    product.rows = inputs.data();
    product.row_count = rows_;
    product.run = run_;
    product.step = c_.stride[2] * in_.extents.c;
    product.gradient_stride = out_.padded;
    product.positions = out_.extents.w;
    product.sums_stride = out_.padded;
    for (std::int64_t channel = 0; channel < out_.padded; channel += kLanes) {
      product.gradient = gradient + channel;
      product.sums = piece<float>(own, sums_at_) + channel;
      avx512_narrow_product(product);
    }
  }

  // A row of the output's gradient in f32, through the ReLU, and its sums.
  void read_gradient(const PassArguments& a, std::int64_t row, float* to, float* bias) const {
    const auto bytes = static_cast<std::int64_t>(kernels::bytes_of(out_.type));
    const std::int64_t first = row * out_.extents.w * out_.padded;
    NarrowGradient piece;
    piece.bf16 = out_.type == ElementType::bf16;
    piece.stride = out_.padded;
    piece.positions = out_.extents.w;
    for (std::int64_t channel = 0; channel < out_.padded; channel += kLanes) {
      const std::int64_t begin = (first + channel) * bytes;
      piece.gradient = static_cast<const std::byte*>(a.output_gradient) + begin;
      piece.mask = a.mask == nullptr ? nullptr : static_cast<const std::byte*>(a.mask) + begin;
      piece.out = to + channel;
      piece.sums = bias + channel;
      avx512_narrow_gradient(piece);
    }
  }

  // A row of the input in f32 between zeros; only zeros where it lies outside. The margins are zero already.
  void read_input(const void* input, std::int64_t clip, std::int64_t t, std::int64_t h, float* to) const {
    const std::int64_t count = in_.extents.w * in_.extents.c;
    to += c_.pad_begin[2] * in_.extents.c;
    if (t < 0 || t >= in_.extents.t || h < 0 || h >= in_.extents.h) {
      std::fill_n(to, count, 0.0F);
      return;
    }
    const std::int64_t begin = ((clip * in_.extents.t + t) * in_.extents.h + h) * count;
    if (in_.type == ElementType::f32)
      std::memcpy(to, static_cast<const float*>(input) + begin,
                  static_cast<std::size_t>(count) * sizeof(float));
    else
      kernels::vector_kernels().to_f32(static_cast<const std::uint16_t*>(input) + begin, to, count);
  }

  void add_sums(const void* own, const PassArguments& a) const {
    const auto *sums = piece<float>(own, sums_at_), *bias = piece<float>(own, bias_at_);
    const std::int64_t inputs = in_.extents.c, width = c_.kernel[2];
    for (std::int64_t o = 0; o < out_.extents.c; ++o) {
      if (a.bias_gradient != nullptr) a.bias_gradient[o] += bias[o];
      if (a.kernel_gradient == nullptr) continue;
      float* to = a.kernel_gradient + o * inputs * rows_ * width;
      for (std::int64_t i = 0; i < inputs; ++i)
        for (std::int64_t row = 0; row < rows_; ++row)
          for (std::int64_t w = 0; w < width; ++w)
            to[(i * rows_ + row) * width + w] += sums[(row * run_ + w * inputs + i) * out_.padded + o];
    }
  }

  Convolution c_;
  Layout in_, out_;
  int threads_, run_, rows_;
  std::int64_t row_floats_;
  Pieces pieces_;
  std::size_t sums_at_, bias_at_, gradient_at_, inputs_at_;
};

}  // namespace

std::unique_ptr<ConvolutionPass> narrow_backward_weights(const ConvolutionShape& shape) {
  // Above so many taps and channels oneDNN is as fast, in bf16 faster.
  constexpr std::int64_t kMostChannels = 4, kMostWeights = 128;
  const Convolution& c = shape.operation;
  const Extents& in = shape.in.extents;
  const bool fits = has_avx512() && c.groups == 1 && c.dilation == Axes{1, 1, 1} && in.c <= kMostChannels &&
                    shape.in.padded == in.c && c.kernel[2] * in.c <= kLongestRun &&
                    std::int64_t{c.kernel[0]} * c.kernel[1] * c.kernel[2] * in.c <= kMostWeights &&
                    shape.out.padded % kLanes == 0;
  return fits ? std::make_unique<NarrowWeightsPass>(shape) : nullptr;
}

}  // namespace actionflow::training
