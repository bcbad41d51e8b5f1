// Dense layers as matrix products over all positions, on values and masters where they lie: the only copies
// are bf16 weights and gradients that a ReLU masks.
#include <fmt/format.h>

#include "base/error.h"
#include "models/kernels/channels.h"
#include "models/kernels/dense/matrix_product.h"
#include "models/kernels/prepared_gradient.h"
#include "models/kernels/scratch.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;

struct Products {
  MatrixProblem forward, input_gradient, kernel_gradient;
};

Products products(const TrainKernelRequest& r) {
  const Layout &in = r.in[0], &out = r.out;
  const bool bias = std::get<Dense>(r.node.operation).bias;
  Products p;
  p.forward = {.rows = in.rows(),
               .columns = out.extents.c,
               .depth = in.extents.c,
               .b_transposed = true,
               .a_stride = in.padded,
               .b_stride = in.extents.c,
               .c_stride = out.padded,
               .type = in.type,
               .result = out.type,
               .bias = bias,
               .relu = r.relu};
  p.input_gradient = {.rows = in.rows(),
                      .columns = in.extents.c,
                      .depth = out.extents.c,
                      .a_stride = out.padded,
                      .b_stride = in.extents.c,
                      .c_stride = in.padded,
                      .type = in.type,
                      .result = in.type};
  p.kernel_gradient = {.rows = out.extents.c,
                       .columns = in.extents.c,
                       .depth = in.rows(),
                       .a_transposed = true,
                       .a_stride = out.padded,
                       .b_stride = in.padded,
                       .c_stride = in.extents.c,
                       .type = in.type,
                       .add = true};
  return p;
}

class TrainDense final : public TrainKernel {
 public:
  TrainDense(const TrainKernelRequest& r, const Products& p)
      : in_(r.in[0]),
        out_(r.out),
        gradient_(out_, in_.type, r.relu),
        relu_(r.relu),
        weights_(in_.extents.c * out_.extents.c),
        forward_(p.forward),
        input_gradient_(p.input_gradient),
        kernel_gradient_(p.kernel_gradient) {
    const bool half = in_.type == ElementType::bf16;
    forward_weights_at_ = forward_pieces_.add(half ? weights_ : 0, ElementType::bf16);
    forward_scratch_at_ = forward_pieces_.add(forward_.scratch_bytes());
    backward_weights_at_ = backward_pieces_.add(half ? weights_ : 0, ElementType::bf16);
    gradient_at_ = backward_pieces_.add(gradient_.bytes());
    backward_scratch_at_ =
        backward_pieces_.add(std::max(input_gradient_.scratch_bytes(), kernel_gradient_.scratch_bytes()));
    reads_input_ = r.wants_parameter_gradient[0];
  }

  void forward(const ForwardArguments& a) const override {
    const void* weights = in_type(a.parameters[0], piece(a.scratch, forward_weights_at_));
    forward_.run(a.inputs[0], weights, a.output, piece(a.scratch, forward_scratch_at_),
                 a.parameters.size() > 1 ? a.parameters[1] : nullptr);
    clear_padding(out_, a.output);
  }

  void backward(const BackwardArguments& a) const override {
    const void* gradient = gradient_.prepare(a, piece(a.scratch, gradient_at_));
    void* scratch = piece(a.scratch, backward_scratch_at_);
    if (a.parameter_gradients.size() > 1 && a.parameter_gradients[1] != nullptr)
      add_column_sums(gradient_.layout(), gradient, a.parameter_gradients[1]);
    if (a.parameter_gradients[0] != nullptr)
      kernel_gradient_.run(gradient, a.inputs[0], a.parameter_gradients[0], scratch);
    if (a.input_gradients[0] != nullptr) {
      const void* weights = in_type(a.parameters[0], piece(a.scratch, backward_weights_at_));
      input_gradient_.run(gradient, weights, a.input_gradients[0], scratch);
      clear_padding(in_, a.input_gradients[0]);
    }
  }

  BackwardReads backward_reads() const override { return {{reads_input_}, relu_}; }
  bool overwrites_gradient() const override { return gradient_.overwrites(); }
  std::size_t forward_scratch_bytes() const override { return forward_pieces_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return backward_pieces_.bytes(); }
  std::string implementation() const override { return "product:" + forward_.implementation(); }

 private:
  // The weights as the products read them.
  const void* in_type(const float* weights, void* memory) const {
    if (in_.type == ElementType::f32) return weights;
    floats_to_bf16(weights, weights_, memory);
    return memory;
  }

  Layout in_, out_;
  PreparedGradient gradient_;
  bool relu_, reads_input_ = true;
  std::int64_t weights_;
  MatrixProduct forward_, input_gradient_, kernel_gradient_;
  Pieces forward_pieces_, backward_pieces_;
  std::size_t forward_weights_at_ = 0, forward_scratch_at_ = 0;
  std::size_t backward_weights_at_ = 0, gradient_at_ = 0, backward_scratch_at_ = 0;
};

}  // namespace

std::unique_ptr<TrainKernel> make_dense(const TrainKernelRequest& request) {
  if (request.in[0].type == ElementType::f32 && request.out.type != ElementType::f32)
    throw ModelError(fmt::format("{}: a dense layer cannot take f32 and give bf16", request.node.name));
  return std::make_unique<TrainDense>(request, products(request));
}

}  // namespace actionflow::training
