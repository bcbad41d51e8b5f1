#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/error.h"
#include "models/kernels/convolution/convolution_pass.h"
#include "models/kernels/prepared_gradient.h"

namespace actionflow::training {
namespace {

using Pass = std::unique_ptr<ConvolutionPass>;

using PassCandidate = kernels::Candidate<ConvolutionShape, ConvolutionPass>;

constexpr std::array<PassCandidate, 3> kForward{
    {{"winograd", winograd_forward}, {"indirect", indirect_forward}, {"onednn", onednn_forward}}};
constexpr std::array<PassCandidate, 3> kBackwardData{{{"winograd", winograd_backward_data},
                                                      {"indirect", indirect_backward_data},
                                                      {"onednn", onednn_backward_data}}};
constexpr std::array<PassCandidate, 3> kBackwardWeights{{{"narrow", narrow_backward_weights},
                                                         {"winograd", winograd_backward_weights},
                                                         {"onednn", onednn_backward_weights}}};

Pass choose_pass(const TrainKernelRequest& r, std::span<const PassCandidate> candidates,
                 const ConvolutionShape& shape) {
  if (Pass pass = kernels::choose_kernel(candidates, shape)) return pass;
  throw ModelError("layer '" + r.node.name + "' (convolution) cannot be trained: no kernel runs it");
}

class TrainConvolution final : public TrainKernel {
 public:
  TrainConvolution(const TrainKernelRequest& r, const ConvolutionShape& shape)
      : shape_(shape), bias_(shape.operation.bias), forward_(choose_pass(r, kForward, shape)) {
    ConvolutionShape backward = shape;
    backward.out.type = shape.in.type;
    if (r.wants_input_gradient[0]) data_ = choose_pass(r, kBackwardData, backward);
    const auto& wants = r.wants_parameter_gradient;
    if (std::find(wants.begin(), wants.end(), true) != wants.end())
      weights_ = choose_pass(r, kBackwardWeights, backward);
    // A pass that masks reads the gradient as it came, unless another pass or type wants it prepared.
    const bool converts = shape.in.type != shape.out.type;
    masks_ = shape.relu && !converts && data_ == nullptr && weights_ != nullptr && weights_->masks();
    gradient_.emplace(shape.out, shape.in.type, shape.relu && !masks_);
  }

  void forward(const ForwardArguments& a) const override {
    PassArguments pass;
    pass.input = a.inputs[0];
    pass.kernel = a.laid_out;
    pass.bias = bias_ ? a.parameters[1] : nullptr;
    pass.result = a.output;
    pass.scratch = a.scratch;
    forward_->run(pass);
  }

  void backward(const BackwardArguments& a) const override {
    PassArguments pass;
    pass.output_gradient = gradient_->prepare(a, a.scratch);
    if (masks_) pass.mask = a.output;
    pass.scratch = static_cast<std::byte*>(a.scratch) + gradient_bytes();
    if (weights_ != nullptr) {
      pass.input = a.inputs[0];
      pass.kernel_gradient = a.parameter_gradients[0];
      pass.bias_gradient = bias_ ? a.parameter_gradients[1] : nullptr;
      weights_->run(pass);
    }
    if (data_ == nullptr) return;
    pass.kernel = a.laid_out;
    pass.result = a.input_gradients[0];
    data_->run(pass);
  }

  std::size_t laid_out_bytes(Direction direction) const override {
    const ConvolutionPass* pass = that_reads_kernel(direction);
    return pass ? pass->kernel_bytes() : 0;
  }
  void lay_out(Direction direction, std::span<const float* const> parameters, void* to) const override {
    if (const ConvolutionPass* pass = that_reads_kernel(direction)) pass->lay_out(parameters[0], to);
  }

  BackwardReads backward_reads() const override { return {{weights_ != nullptr}, shape_.relu}; }
  std::size_t forward_scratch_bytes() const override { return forward_->scratch_bytes(); }
  std::size_t backward_scratch_bytes() const override {
    const std::size_t data = data_ ? data_->scratch_bytes() : 0;
    return gradient_bytes() + std::max(data, weights_ ? weights_->scratch_bytes() : 0);
  }
  bool overwrites_gradient() const override { return gradient_->overwrites(); }

  std::string implementation() const override {
    std::string text = forward_->implementation();
    if (data_ != nullptr) text += ", data " + data_->implementation();
    if (weights_ != nullptr) text += ", weights " + weights_->implementation();
    return text;
  }

 private:
  const ConvolutionPass* that_reads_kernel(Direction direction) const {
    return direction == Direction::forward ? forward_.get() : data_.get();
  }
  std::size_t gradient_bytes() const { return (gradient_->bytes() + 63) / 64 * 64; }

  ConvolutionShape shape_;
  bool bias_;
  Pass forward_, data_, weights_;
  bool masks_ = false;
  std::optional<PreparedGradient> gradient_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_convolution(const TrainKernelRequest& request) {
  const ConvolutionShape shape{std::get<Convolution>(request.node.operation), request.in[0], request.out,
                               request.relu};
  return std::make_unique<TrainConvolution>(request, shape);
}

}  // namespace actionflow::training
