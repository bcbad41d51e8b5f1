#include <algorithm>

#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

class LayerNormKernel final : public Kernel {
 public:
  LayerNormKernel(const LayerNorm& operation, std::vector<float> gamma, std::vector<float> beta,
                  const Layout& in, const Layout& out)
      : operation_(operation), gamma_(std::move(gamma)), beta_(std::move(beta)), in_(in), out_(out) {}

  std::string implementation() const override {
    return std::string("own:layer_norm:") + vector_kernels().name;
  }
  std::size_t weight_bytes() const override { return (gamma_.size() + beta_.size()) * sizeof(float); }

  void run(const Arguments& arguments) const override {
    constexpr std::int64_t kRows = 16;
    const std::int64_t rows = in_.rows();
    parallel_for((rows + kRows - 1) / kRows, in_.elements() * 4, [&](std::int64_t block) {
      const std::int64_t first = block * kRows;
      vector_kernels().layer_norm({.in = at(arguments.inputs[0], first * in_.padded),
                                   .out = const_cast<void*>(at(arguments.output, first * out_.padded)),
                                   .bf16 = in_.type == ElementType::bf16,
                                   .rows = std::min(kRows, rows - first),
                                   .in_stride = in_.padded,
                                   .out_stride = out_.padded,
                                   .groups = operation_.groups,
                                   .n = in_.extents.c / operation_.groups,
                                   .gamma = gamma_.data(),
                                   .beta = beta_.data(),
                                   .epsilon = operation_.epsilon});
    });
  }

 private:
  const void* at(const void* memory, std::int64_t element) const {
    return static_cast<const std::byte*>(memory) + static_cast<std::size_t>(element) * bytes_of(in_.type);
  }

  LayerNorm operation_;
  std::vector<float> gamma_, beta_;
  Layout in_, out_;
};

}  // namespace

std::unique_ptr<Kernel> make_layer_norm(const LayerNorm& operation, std::vector<float> gamma,
                                        std::vector<float> beta, const Layout& in, const Layout& out) {
  return std::make_unique<LayerNormKernel>(operation, std::move(gamma), std::move(beta), in, out);
}

}  // namespace actionflow::kernels
