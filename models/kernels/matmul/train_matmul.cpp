#include <algorithm>

#include "models/kernels/dense/matrix_product.h"
#include "models/kernels/parallel.h"
#include "models/kernels/positions.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

// The matrices of a value follow each other, each of `rows` rows.
struct MatrixRows {
  Layout layout;
  std::int64_t rows() const { return layout.extents.w; }
  std::int64_t columns() const { return layout.extents.c; }
  const void* matrix(const void* memory, std::int64_t i) const {
    return static_cast<const std::byte*>(memory) + offset(i);
  }
  void* matrix(void* memory, std::int64_t i) const { return static_cast<std::byte*>(memory) + offset(i); }

 private:
  std::size_t offset(std::int64_t i) const {
    return static_cast<std::size_t>(i * rows() * layout.padded) * kernels::bytes_of(layout.type);
  }
};

// to = a·b, each as it lies or transposed.
MatrixProduct product_of(const MatrixRows& a, bool a_transposed, const MatrixRows& b, bool b_transposed,
                         const MatrixRows& to) {
  return MatrixProduct({.rows = to.rows(),
                        .columns = to.columns(),
                        .depth = a_transposed ? a.rows() : a.columns(),
                        .a_transposed = a_transposed,
                        .b_transposed = b_transposed,
                        .a_stride = a.layout.padded,
                        .b_stride = b.layout.padded,
                        .c_stride = to.layout.padded,
                        .type = a.layout.type,
                        .result = to.layout.type});
}

class TrainMatMul final : public TrainKernel {
 public:
  explicit TrainMatMul(const TrainKernelRequest& r)
      : transposed_(std::get<MatMul>(r.node.operation).transposed),
        a_{r.in[0]},
        b_{r.in[1]},
        out_{r.out},
        forward_(product_of(a_, false, b_, transposed_, out_)),
        to_a_(product_of(out_, false, b_, !transposed_, a_)),
        to_b_(transposed_ ? product_of(out_, true, a_, false, b_) : product_of(a_, true, out_, false, b_)) {}

  void forward(const ForwardArguments& a) const override {
    multiply(forward_, a_, a.inputs[0], b_, a.inputs[1], out_, a.output, a.scratch);
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] != nullptr)
      multiply(to_a_, out_, a.output_gradient, b_, a.inputs[1], a_, a.input_gradients[0], a.scratch);
    if (a.input_gradients[1] == nullptr) return;
    if (transposed_)
      multiply(to_b_, out_, a.output_gradient, a_, a.inputs[0], b_, a.input_gradients[1], a.scratch);
    else
      multiply(to_b_, a_, a.inputs[0], out_, a.output_gradient, b_, a.input_gradients[1], a.scratch);
  }

  BackwardReads backward_reads() const override { return {{true, true}, false}; }
  std::size_t forward_scratch_bytes() const override { return forward_.scratch_bytes(); }
  std::size_t backward_scratch_bytes() const override {
    return std::max(to_a_.scratch_bytes(), to_b_.scratch_bytes());
  }
  std::string implementation() const override { return "own:matmul:" + forward_.implementation(); }

 private:
  static void multiply(const MatrixProduct& product, const MatrixRows& a, const void* from_a,
                       const MatrixRows& b, const void* from_b, const MatrixRows& to, void* result,
                       void* scratch) {
    const Layout& layout = to.layout;
    const std::int64_t matrices = layout.batch * layout.extents.t * layout.extents.h;
    for (std::int64_t i = 0; i < matrices; ++i)
      product.run(a.matrix(from_a, i), b.matrix(from_b, i), to.matrix(result, i), scratch);
    if (layout.padded == layout.extents.c) return;
    kernels::parallel_for(layout.rows(), layout.rows() * kernels::kChannelBlock, [&](std::int64_t row) {
      kernels::clear_elements({layout.type, result, row * layout.padded + layout.extents.c},
                              layout.padded - layout.extents.c);
    });
  }

  bool transposed_;
  MatrixRows a_, b_, out_;
  MatrixProduct forward_, to_a_, to_b_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_matmul(const TrainKernelRequest& request) {
  return std::make_unique<TrainMatMul>(request);
}

}  // namespace actionflow::training
