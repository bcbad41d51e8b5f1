#include "models/kernels/matmul/matmul.h"

#include <algorithm>

#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

constexpr std::int64_t kBlockRows = 48;

// The second matrices are laid out anew at each run, as panels of 16 of the result's columns; then blocks of
// rows are multiplied by them.
class MatMulKernel final : public Kernel {
 public:
  MatMulKernel(const MatMul& operation, const std::vector<Layout>& in, const Layout& out)
      : transposed_(operation.transposed),
        a_(in[0]),
        b_(in[1]),
        out_(out),
        panels_(padded_channels(out.extents.c) / kChannelBlock),
        blocks_((out.extents.w + kBlockRows - 1) / kBlockRows) {}

  std::string implementation() const override { return std::string("own:matmul:") + vector_kernels().name; }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(matrices() * packed_floats()) * sizeof(float);
  }

  void run(const Arguments& arguments) const override {
    auto* packed = static_cast<float*>(arguments.scratch);
    const auto* b = static_cast<const float*>(arguments.inputs[1]);
    parallel_for(matrices(), matrices() * packed_floats(), [&](std::int64_t i) {
      pack(b + i * b_.extents.w * b_.padded, packed + i * packed_floats());
    });
    parallel_for(matrices() * blocks_, matrices() * a_.extents.w * packed_floats(),
                 [&](std::int64_t i) { multiply(arguments, packed, i / blocks_, i % blocks_ * kBlockRows); });
  }

 private:
  std::int64_t matrices() const { return out_.batch * out_.extents.t * out_.extents.h; }
  std::int64_t depth() const { return a_.extents.c; }
  std::int64_t packed_floats() const { return panels_ * depth() * kChannelBlock; }

  void pack(const float* b, float* packed) const {
    std::fill_n(packed, packed_floats(), 0.0F);
    for (std::int64_t row = 0; row < b_.extents.w; ++row) {
      for (std::int64_t c = 0; c < b_.extents.c; ++c) {
        const std::int64_t column = transposed_ ? row : c, step = transposed_ ? c : row;
        packed[(column / kChannelBlock * depth() + step) * kChannelBlock + column % kChannelBlock] =
            b[row * b_.padded + c];
      }
    }
  }

  void multiply(const Arguments& arguments, const float* packed, std::int64_t matrix,
                std::int64_t first) const {
    const std::int64_t row = matrix * out_.extents.w + first;
    DenseBlock block{.in = static_cast<const float*>(arguments.inputs[0]) + row * a_.padded,
                     .in_stride = a_.padded,
                     .rows = std::min(kBlockRows, out_.extents.w - first),
                     .weights = packed + matrix * packed_floats(),
                     .depth = depth(),
                     .panels = panels_,
                     .out = static_cast<float*>(arguments.output) + row * out_.padded,
                     .out_stride = out_.padded};
    if (out_.padded == panels_ * kChannelBlock) return vector_kernels().dense(block);
    // A few channels without padding: beside the result, then into it.
    float beside[kBlockRows * kChannelBlock];
    float* to = block.out;
    block.out = beside;
    block.out_stride = kChannelBlock;
    vector_kernels().dense(block);
    for (std::int64_t i = 0; i < block.rows; ++i)
      std::copy_n(beside + i * kChannelBlock, out_.padded, to + i * out_.padded);
  }

  bool transposed_;
  Layout a_, b_, out_;
  std::int64_t panels_, blocks_;
};

}  // namespace

std::unique_ptr<Kernel> make_matmul(const MatMul& operation, const std::vector<Layout>& in,
                                    const Layout& out) {
  return std::make_unique<MatMulKernel>(operation, in, out);
}

}  // namespace actionflow::kernels
