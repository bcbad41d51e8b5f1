#include "models/kernels/winograd/winograd.h"

#include <algorithm>

#include "base/machine/processor.h"
#include "models/kernels/elementwise/fused_posts.h"
#include "models/kernels/winograd/tiling.h"
#include "models/kernels/winograd/weight_transform.h"
#include "models/kernels/winograd/winograd_runner.h"

namespace actionflow::kernels {
namespace {

using namespace winograd;

// The kernel's taps in time that are used: all, or the middle one of three where a clip has one frame.
std::vector<float> used_taps(const ConvolutionProblem& p, Time time) {
  if (time != Time::none || p.operation.kernel[0] == 1) return p.kernel;
  std::vector<float> middle;
  for (std::size_t first = 9; first < p.kernel.size(); first += 27) {
    middle.insert(middle.end(), p.kernel.begin() + static_cast<std::ptrdiff_t>(first),
                  p.kernel.begin() + static_cast<std::ptrdiff_t>(first + 9));
  }
  return middle;
}

class WinogradConvolution final : public Kernel {
 public:
  WinogradConvolution(const ConvolutionProblem& p, const Cut& cut)
      : runner_(make_runner(p, cut)),
        weights_(transform_weights(
            {used_taps(p, cut.time), p.operation.filters, p.in.extents.c, cut.time == Time::none ? 1 : 3},
            cut)),
        bias_(aligned(p.bias, p.out.padded)) {}

  std::string implementation() const override { return runner_->implementation(); }
  std::size_t scratch_bytes() const override { return runner_->scratch_bytes(); }
  std::size_t weight_bytes() const override { return weights_.size() * sizeof(float); }
  void run(const Arguments& arguments) const override {
    runner_->run(arguments, weights_.data(), bias_.data());
  }

 private:
  std::unique_ptr<Runner> runner_;
  AlignedFloats weights_, bias_;
};

}  // namespace

bool winograd_fits_shape(const ConvolutionProblem& p) {
  const Convolution& c = p.operation;
  const auto all_ones = [](const Axes& axes) { return axes == Axes{1, 1, 1}; };
  const bool time = c.kernel[0] == 1 ? c.pad_begin[0] == 0 && c.pad_end[0] == 0 : c.kernel[0] == 3;
  return has_avx2() && p.in.padded % kChannelBlock == 0 && p.out.padded % kChannelBlock == 0 &&
         c.groups == 1 && all_ones(c.stride) && all_ones(c.dilation) && time && c.kernel[1] == 3 &&
         c.kernel[2] == 3 && FusedPosts::can_take(p.post_operations);
}

bool winograd_fits(const ConvolutionProblem& p) {
  return p.in.type == ElementType::f32 && p.out.type == ElementType::f32 && winograd_fits_shape(p);
}

std::unique_ptr<Kernel> make_winograd(const ConvolutionProblem& problem, const WinogradOptions& options) {
  return std::make_unique<WinogradConvolution>(problem, cut(problem, options));
}

namespace {

std::unique_ptr<Kernel> where_it_pays(const ConvolutionProblem& p, const WinogradOptions& options) {
  constexpr std::int64_t kLeastChannels = 16;
  if (!winograd_fits(p) || p.in.extents.c < kLeastChannels || p.out.extents.c < kLeastChannels)
    return nullptr;
  const Cut chosen = cut(p, options);
  if (!pays(p, chosen)) return nullptr;
  return std::make_unique<WinogradConvolution>(p, chosen);
}

}  // namespace

std::unique_ptr<Kernel> winograd_convolution(const ConvolutionProblem& p) { return where_it_pays(p, {}); }

std::unique_ptr<Kernel> winograd_exact_convolution(const ConvolutionProblem& p) {
  return p.advances() ? where_it_pays(p, {.exact_in_time = true}) : nullptr;
}

}  // namespace actionflow::kernels
