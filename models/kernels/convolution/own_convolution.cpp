// Convolutions in groups by a plain loop, for what no other kernel takes.
#include <algorithm>
#include <vector>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/convolution/row_order.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/parallel.h"

namespace actionflow::kernels {
namespace {

class DirectConvolution final : public Kernel {
 public:
  explicit DirectConvolution(const ConvolutionProblem& p)
      : operation_(p.operation),
        in_(p.in),
        out_(p.out),
        bias_(with_padding(p.bias, p.out.padded)),
        post_(p.post_operations, p.out.padded),
        order_(p.operation, p.out, p.in, p.operation.stride[1]),
        inputs_(p.in.extents.c / p.operation.groups),
        filters_(p.operation.filters / p.operation.groups),
        weights_(p.kernel.size()) {
    const std::int64_t taps = p.kernel_taps();
    for (std::int64_t g = 0; g < p.operation.groups; ++g)
      for (std::int64_t o = 0; o < filters_; ++o)
        for (std::int64_t i = 0; i < inputs_; ++i)
          for (std::int64_t k = 0; k < taps; ++k)
            weights_[static_cast<std::size_t>(((g * taps + k) * inputs_ + i) * filters_ + o)] =
                p.kernel[static_cast<std::size_t>(((g * filters_ + o) * inputs_ + i) * taps + k)];
  }

  std::string implementation() const override { return "own:grouped"; }
  std::size_t weight_bytes() const override { return weights_.size() * sizeof(float); }
  void run(const Arguments& arguments) const override {
    parallel_for(order_.count(),
                 out_.elements() * operation_.kernel[0] * operation_.kernel[1] * operation_.kernel[2],
                 [&](std::int64_t i) { convolve_row(arguments, order_[i]); });
  }

 private:
  void convolve_row(const Arguments& arguments, const RowOrder::Place& p) const {
    const std::int64_t row = (p.n * out_.extents.t + p.t) * out_.extents.h + p.h, width = out_.extents.w;
    const float* in =
        static_cast<const float*>(arguments.inputs[0]) + p.n * in_.extents.positions() * in_.padded;
    one_row(in, p.t, p.h, static_cast<float*>(arguments.output) + row * width * out_.padded);
    if (!post_.empty()) post_.apply(arguments, row * width, width);
  }

  void one_row(const float* in, std::int64_t ot, std::int64_t oh, float* out) const {
    for (std::int64_t ow = 0; ow < out_.extents.w; ++ow)
      std::copy(bias_.begin(), bias_.end(), out + ow * out_.padded);
    for_each_row_tap(operation_, in_.extents, ot, oh, [&](std::int64_t row, int tap) {
      for (int kw = 0; kw < operation_.kernel[2]; ++kw)
        add_tap(in + row * in_.extents.w * in_.padded, tap * operation_.kernel[2] + kw, kw, out);
    });
  }

  void add_tap(const float* row, int tap, int kw, float* out) const {
    const std::int64_t taps =
        std::int64_t{1} * operation_.kernel[0] * operation_.kernel[1] * operation_.kernel[2];
    for (std::int64_t ow = 0; ow < out_.extents.w; ++ow) {
      const std::int64_t iw = tap_position(operation_, 2, ow, kw, in_.extents.w);
      if (iw < 0) continue;
      for (int g = 0; g < operation_.groups; ++g)
        add_group(row + iw * in_.padded + g * inputs_,
                  weights_.data() + (g * taps + tap) * inputs_ * filters_,
                  out + ow * out_.padded + g * filters_);
    }
  }

  void add_group(const float* in, const float* weights, float* out) const {
    for (std::int64_t i = 0; i < inputs_; ++i)
      for (std::int64_t o = 0; o < filters_; ++o) out[o] += in[i] * weights[i * filters_ + o];
  }

  Convolution operation_;
  Layout in_, out_;
  std::vector<float> bias_;
  RowPostOperations post_;
  RowOrder order_;
  std::int64_t inputs_, filters_;  // of one group
  std::vector<float> weights_;     // groups × taps × inputs × filters
};

}  // namespace

std::unique_ptr<Kernel> direct_convolution(const ConvolutionProblem& p) {
  if (adds_in_place(p.post_operations) || p.in.type != ElementType::f32 || p.out.type != ElementType::f32)
    return nullptr;
  return std::make_unique<DirectConvolution>(p);
}

}  // namespace actionflow::kernels
