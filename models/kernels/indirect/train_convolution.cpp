// Forward and data passes as indirect convolutions.
#include <algorithm>

#include "models/kernels/convolution/convolution_pass.h"
#include "models/kernels/convolution/pass_problem.h"
#include "models/kernels/indirect/indirect.h"
#include "models/kernels/indirect/runner.h"
#include "models/kernels/scratch.h"

namespace actionflow::training {
namespace {

class IndirectPass final : public ConvolutionPass {
 public:
  IndirectPass(const ConvolutionShape& shape, const kernels::ConvolutionProblem& p, bool turned)
      : turned_(turned),
        outputs_(shape.out.extents.c),
        inputs_(shape.in.extents.c),
        taps_(p.kernel_taps()),
        padded_(p.out.padded),
        runner_(p),
        bias_(pieces_.add_floats(padded_)),
        scratch_(pieces_.add(runner_.scratch_bytes())) {}

  void run(const PassArguments& a) const override {
    auto* bias = piece<float>(a.scratch, bias_);
    std::fill_n(bias, padded_, 0.0F);
    if (!turned_ && a.bias != nullptr) std::copy_n(a.bias, outputs_, bias);
    runner_.run({{turned_ ? a.output_gradient : a.input}, a.result, piece(a.scratch, scratch_)},
                static_cast<const float*>(a.kernel), bias);
  }
  std::size_t kernel_bytes() const override {
    return static_cast<std::size_t>(runner_.weight_floats()) * sizeof(float);
  }
  void lay_out(const float* kernel, void* to) const override {
    auto* weights = static_cast<float*>(to);
    std::fill_n(weights, runner_.weight_floats(), 0.0F);
    runner_.lay_out({kernel, outputs_, inputs_, taps_, turned_}, weights);
  }
  std::size_t scratch_bytes() const override { return pieces_.bytes(); }
  std::string implementation() const override { return runner_.implementation(); }

 private:
  bool turned_;
  std::int64_t outputs_, inputs_, taps_, padded_;
  kernels::indirect::Runner runner_;
  Pieces pieces_;
  std::size_t bias_, scratch_;
};

std::unique_ptr<ConvolutionPass> where_it_pays(const ConvolutionShape& shape, bool turned) {
  const kernels::ConvolutionProblem p = problem_of(shape, turned);
  if (pads_are_negative(p.operation) || !kernels::indirect_pays(p)) return nullptr;
  return std::make_unique<IndirectPass>(shape, p, turned);
}

}  // namespace

std::unique_ptr<ConvolutionPass> indirect_forward(const ConvolutionShape& shape) {
  return where_it_pays(shape, false);
}

std::unique_ptr<ConvolutionPass> indirect_backward_data(const ConvolutionShape& shape) {
  const Axes ones{1, 1, 1};
  if (shape.operation.stride != ones || shape.operation.dilation != ones) return nullptr;
  return where_it_pays(shape, true);
}

}  // namespace actionflow::training
