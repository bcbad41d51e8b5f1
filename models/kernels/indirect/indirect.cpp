#include "models/kernels/indirect/indirect.h"

#include "base/machine/processor.h"
#include "models/kernels/aligned_floats.h"
#include "models/kernels/indirect/runner.h"

namespace actionflow::kernels {
namespace {

class IndirectConvolution final : public Kernel {
 public:
  explicit IndirectConvolution(const ConvolutionProblem& p)
      : runner_(p),
        weights_(static_cast<std::size_t>(runner_.weight_floats())),
        bias_(aligned(p.bias, p.out.padded)) {
    runner_.lay_out({p.kernel.data(), p.operation.filters, p.in.extents.c, p.kernel_taps()}, weights_.data());
  }

  std::string implementation() const override { return runner_.implementation(); }
  std::size_t weight_bytes() const override { return weights_.size() * sizeof(float); }
  std::size_t scratch_bytes() const override { return runner_.scratch_bytes(); }
  void run(const Arguments& arguments) const override {
    runner_.run(arguments, weights_.data(), bias_.data());
  }

 private:
  indirect::Runner runner_;
  AlignedFloats weights_, bias_;
};

}  // namespace

bool indirect_fits(const ConvolutionProblem& p) {
  return p.operation.groups == 1 && p.in.type == ElementType::f32 && p.out.type == ElementType::f32 &&
         p.out.padded % kChannelBlock == 0 && FusedPosts::can_take(p.post_operations);
}

bool indirect_pays(const ConvolutionProblem& p) {
  // Fewer channels or one tap leave the loops too short; oneDNN has kernels of its own for them, and fast
  // ones for AVX-512.
  constexpr std::int64_t kLeastChannels = 32;
  return has_avx2() && !has_avx512() && indirect_fits(p) && p.in.extents.c >= kLeastChannels &&
         p.kernel_taps() > 1;
}

std::unique_ptr<Kernel> make_indirect(const ConvolutionProblem& problem) {
  return std::make_unique<IndirectConvolution>(problem);
}

std::unique_ptr<Kernel> indirect_convolution(const ConvolutionProblem& p) {
  // Fewer channels or one tap leave the loops too short; oneDNN has kernels of its own for them, and fast
  // ones for AVX-512.
  constexpr std::int64_t kLeastChannels = 32;
  if (!has_avx2() || has_avx512() || !indirect_fits(p) || p.in.extents.c < kLeastChannels ||
      p.kernel_taps() == 1)
    return nullptr;
  return make_indirect(p);
}

std::unique_ptr<Kernel> indirect_convolution_otherwise(const ConvolutionProblem& p) {
  return indirect_fits(p) ? make_indirect(p) : nullptr;
}

}  // namespace actionflow::kernels
