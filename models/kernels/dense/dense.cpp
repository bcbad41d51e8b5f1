#include "models/kernels/dense/dense.h"

#include <algorithm>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// Panels of 16 columns that one call of the inner loop takes.
constexpr std::int64_t kPanelsOfTask = 4;

// Rows that go through all panels together: many enough to be worth a task, few enough to stay in the cache.
constexpr std::int64_t kRowsOfTask = 48;

class DenseKernel final : public Kernel {
 public:
  explicit DenseKernel(const DenseProblem& p)
      : in_(p.in),
        out_(p.out),
        product_(p.kernel, p.bias, p.out.extents.c, p.in.extents.c),
        adds_(adds_at_once(p.post_operations)),
        post_(behind_sum(p.post_operations), p.out.padded) {}

  std::string implementation() const override { return std::string("own:dense:") + vector_kernels().name; }
  std::size_t weight_bytes() const override { return product_.bytes(); }
  void run(const Arguments& arguments) const override {
    const auto* in = static_cast<const float*>(arguments.inputs[0]);
    auto* out = static_cast<float*>(arguments.output);
    const std::int64_t rows = out_.rows(), tasks = (rows + kRowsOfTask - 1) / kRowsOfTask;
    if (tasks == 1) {
      product_.run(in, in_.padded, rows, out, out_.padded, adds_);
      if (!post_.empty()) post_.apply(arguments, 0, rows);
      return;
    }
    parallel_for(tasks, rows * product_.columns() * in_.extents.c / 4, [&](std::int64_t task) {
      const std::int64_t first = task * kRowsOfTask, count = std::min(kRowsOfTask, rows - first);
      product_.run_alone(in + first * in_.padded, in_.padded, count, out + first * out_.padded, out_.padded,
                         adds_);
      if (!post_.empty()) post_.apply(arguments, first, count);
    });
  }

 private:
  Layout in_, out_;
  Product product_;
  bool adds_;
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
                  std::int64_t out_stride, bool add) const {
  const std::int64_t panels = columns() / kChannelBlock;
  const std::int64_t tasks = (panels + kPanelsOfTask - 1) / kPanelsOfTask;
  parallel_for(tasks, rows * depth_ * columns() / 4, [&](std::int64_t task) {
    const std::int64_t first = task * kPanelsOfTask;
    multiply(in, in_stride, rows, first, std::min(kPanelsOfTask, panels - first), out, out_stride, add);
  });
}

void Product::run_alone(const float* in, std::int64_t in_stride, std::int64_t rows, float* out,
                        std::int64_t out_stride, bool add) const {
  multiply(in, in_stride, rows, 0, columns() / kChannelBlock, out, out_stride, add);
}

void Product::multiply(const float* in, std::int64_t in_stride, std::int64_t rows, std::int64_t first,
                       std::int64_t panels, float* out, std::int64_t out_stride, bool add) const {
  vector_kernels().dense({.in = in,
                          .in_stride = in_stride,
                          .rows = rows,
                          .weights = weights_.data() + first * depth_ * kChannelBlock,
                          .depth = depth_,
                          .panels = panels,
                          .bias = bias_.empty() ? nullptr : bias_.data() + first * kChannelBlock,
                          .out = out + first * kChannelBlock,
                          .out_stride = out_stride,
                          .add = add});
}

bool adds_at_once(const std::vector<PostOperation>& operations) {
  if (operations.empty()) return false;
  const auto* add = std::get_if<AddInput>(&operations.front());
  return add != nullptr && add->in_place;
}

std::vector<PostOperation> behind_sum(const std::vector<PostOperation>& operations) {
  return {operations.begin() + (adds_at_once(operations) ? 1 : 0), operations.end()};
}

std::unique_ptr<Kernel> make_dense(const DenseProblem& problem) {
  if (adds_in_place(behind_sum(problem.post_operations))) return nullptr;
  return std::make_unique<DenseKernel>(problem);
}

}  // namespace actionflow::kernels
