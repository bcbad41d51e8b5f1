#include "models/kernels/dense/dense.h"

#include <algorithm>

#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// Panels of 16 columns that one call of the inner loop takes.
constexpr std::int64_t kPanelsOfTask = 4;

class DenseKernel final : public Kernel {
 public:
  explicit DenseKernel(const DenseProblem& p)
      : in_(p.in),
        out_(p.out),
        product_(p.kernel, p.bias, p.out.extents.c, p.in.extents.c),
        post_(p.post_operations, p.out.padded) {}

  std::string implementation() const override { return std::string("own:dense:") + vector_kernels().name; }
  std::size_t weight_bytes() const override { return product_.bytes(); }
  void run(const Arguments& arguments) const override {
    product_.run(static_cast<const float*>(arguments.inputs[0]), in_.padded, in_.rows(),
                 static_cast<float*>(arguments.output), out_.padded);
    if (!post_.empty()) post_.apply(arguments, 0, out_.rows());
  }

 private:
  Layout in_, out_;
  Product product_;
  RowPostOperations post_;
};

}  // namespace

Product::Product(const std::vector<float>& weights, const std::vector<float>& bias, std::int64_t units,
                 std::int64_t depth)
    : units_(units), depth_(depth), weights_(static_cast<std::size_t>(padded_channels(units) * depth), 0.0F) {
  for (std::int64_t o = 0; o < units; ++o)
    for (std::int64_t k = 0; k < depth; ++k)
      weights_[static_cast<std::size_t>((o / kChannelBlock * depth + k) * kChannelBlock +
                                        o % kChannelBlock)] =
          weights[static_cast<std::size_t>(o * depth + k)];
  if (!bias.empty()) bias_ = with_padding(bias, padded_channels(units));
}

void Product::run(const float* in, std::int64_t in_stride, std::int64_t rows, float* out,
                  std::int64_t out_stride) const {
  const std::int64_t panels = columns() / kChannelBlock;
  const std::int64_t tasks = (panels + kPanelsOfTask - 1) / kPanelsOfTask;
  parallel_for(tasks, rows * depth_ * columns() / 4, [&](std::int64_t task) {
    const std::int64_t first = task * kPanelsOfTask;
    vector_kernels().dense({.in = in,
                            .in_stride = in_stride,
                            .rows = rows,
                            .weights = weights_.data() + first * depth_ * kChannelBlock,
                            .depth = depth_,
                            .panels = std::min(kPanelsOfTask, panels - first),
                            .bias = bias_.empty() ? nullptr : bias_.data() + first * kChannelBlock,
                            .out = out + first * kChannelBlock,
                            .out_stride = out_stride});
  });
}

std::unique_ptr<Kernel> make_dense(const DenseProblem& problem) {
  return std::make_unique<DenseKernel>(problem);
}

}  // namespace actionflow::kernels
