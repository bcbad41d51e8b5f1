// Forward and data passes by Winograd's products: the data pass is a convolution of the output's gradient
// with the kernel turned round, inputs and outputs swapped.
#include <algorithm>
#include <optional>

#include "models/kernels/convolution/convolution_pass.h"
#include "models/kernels/convolution/pass_problem.h"
#include "models/kernels/scratch.h"
#include "models/kernels/winograd/kernel_gradient.h"
#include "models/kernels/winograd/weight_transform.h"
#include "models/kernels/winograd/winograd.h"
#include "models/kernels/winograd/winograd_runner.h"

namespace actionflow::training {
namespace {

using kernels::ConvolutionProblem;
using kernels::winograd::Cut;

class WinogradPass final : public ConvolutionPass {
 public:
  WinogradPass(const ConvolutionShape& shape, const ConvolutionProblem& p, const Cut& cut, bool turned)
      : turned_(turned),
        taps_(shape.operation.kernel[0]),
        outputs_(shape.out.extents.c),
        inputs_(shape.in.extents.c),
        padded_(p.out.padded),
        cut_(cut),
        runner_(make_runner(p, cut)),
        bias_(pieces_.add_floats(padded_)),
        scratch_(pieces_.add(runner_->scratch_bytes())) {}

  void run(const PassArguments& a) const override {
    auto* bias = piece<float>(a.scratch, bias_);
    std::fill_n(bias, padded_, 0.0F);
    if (!turned_ && a.bias != nullptr) std::copy_n(a.bias, outputs_, bias);
    runner_->run({{turned_ ? a.output_gradient : a.input}, a.result, piece(a.scratch, scratch_)},
                 static_cast<const float*>(a.kernel), bias);
  }
  std::size_t kernel_bytes() const override {
    return static_cast<std::size_t>(cut_.u_floats()) * sizeof(float);
  }
  void lay_out(const float* kernel, void* to) const override {
    kernels::winograd::transform_kernel({kernel, outputs_, inputs_, taps_, turned_}, cut_,
                                        static_cast<float*>(to));
  }
  std::size_t scratch_bytes() const override { return pieces_.bytes(); }
  std::string implementation() const override { return runner_->implementation(); }

 private:
  bool turned_;
  int taps_;
  std::int64_t outputs_, inputs_, padded_;
  Cut cut_;
  std::unique_ptr<kernels::winograd::Runner> runner_;
  Pieces pieces_;
  std::size_t bias_, scratch_;
};

class WinogradWeightsPass final : public ConvolutionPass {
 public:
  WinogradWeightsPass(const ConvolutionProblem& p, const Cut& cut) : runner_(make_gradient_runner(p, cut)) {}

  void run(const PassArguments& a) const override {
    runner_->run(a.input, a.output_gradient, a.kernel_gradient, a.bias_gradient, a.scratch);
  }
  std::size_t scratch_bytes() const override { return runner_->scratch_bytes(); }
  std::string implementation() const override { return runner_->implementation(); }

 private:
  std::unique_ptr<kernels::winograd::GradientRunner> runner_;
};

// The cut, where one fits and pays. oneDNN's products of bf16 are about twice as fast as those of f32, which
// Winograd's are in either type.
std::optional<Cut> cut_of(const ConvolutionProblem& p) {
  constexpr std::int64_t kLeastChannels = 16;
  constexpr double kFasterInBf16 = 1.9;
  if (pads_are_negative(p.operation) || !kernels::winograd_fits_shape(p) || p.in.extents.c < kLeastChannels ||
      p.out.extents.c < kLeastChannels)
    return std::nullopt;
  const Cut cut = kernels::winograd::cut(p, {});
  const double least = p.in.type == kernels::ElementType::bf16 ? kFasterInBf16 : 1.0;
  return advantage(p, cut) > least ? std::optional(cut) : std::nullopt;
}

std::unique_ptr<ConvolutionPass> make(const ConvolutionShape& shape, bool turned) {
  const ConvolutionProblem p = problem_of(shape, turned);
  const auto cut = cut_of(p);
  return cut ? std::make_unique<WinogradPass>(shape, p, *cut, turned) : nullptr;
}

}  // namespace

std::unique_ptr<ConvolutionPass> winograd_forward(const ConvolutionShape& shape) {
  return make(shape, false);
}
std::unique_ptr<ConvolutionPass> winograd_backward_data(const ConvolutionShape& shape) {
  return make(shape, true);
}
std::unique_ptr<ConvolutionPass> winograd_backward_weights(const ConvolutionShape& shape) {
  const ConvolutionProblem p = problem_of(shape, false);
  const auto cut = cut_of(p);
  return cut ? std::make_unique<WinogradWeightsPass>(p, *cut) : nullptr;
}

}  // namespace actionflow::training
