// A convolution whose kernel serves several equal parts of the channels: run with the kernel written out as
// often, whose gradients are then one sum.
#include <algorithm>

#include "models/kernels/scratch.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

GraphNode written_out(GraphNode node) {
  auto& convolution = std::get<Convolution>(node.operation);
  for (Parameter& parameter : node.parameters) parameter.shape[0] *= convolution.repeats;
  convolution.repeats = 1;
  return node;
}

class TrainRepeated final : public TrainKernel {
 public:
  explicit TrainRepeated(const TrainKernelRequest& r)
      : repeats_(std::get<Convolution>(r.node.operation).repeats), node_(written_out(r.node)) {
    inner_ = make_train_kernel({r.graph, node_, r.in, r.out, r.wants_input_gradient,
                                r.wants_parameter_gradient, r.relu, r.frozen_statistics, r.threads});
    for (const Parameter& parameter : r.node.parameters) {
      sizes_.push_back(element_count(parameter.shape));
      values_at_.push_back(pieces_.add_floats(sizes_.back() * repeats_));
      gradients_at_.push_back(pieces_.add_floats(sizes_.back() * repeats_));
    }
  }

  void forward(const ForwardArguments& a) const override {
    ForwardArguments inner = a;
    for (std::size_t i = 0; i < sizes_.size(); ++i)
      inner.parameters[i] = write_out(a.parameters[i], i, a.scratch);
    inner.laid_out = inner_laid_out(a.laid_out);
    inner.scratch = piece(a.scratch, pieces_.bytes());
    inner_->forward(inner);
  }

  void backward(const BackwardArguments& a) const override {
    BackwardArguments inner = a;
    for (std::size_t i = 0; i < sizes_.size(); ++i) {
      inner.parameters[i] = write_out(a.parameters[i], i, a.scratch);
      if (a.parameter_gradients[i] == nullptr) continue;
      inner.parameter_gradients[i] = piece<float>(a.scratch, gradients_at_[i]);
      std::fill_n(inner.parameter_gradients[i], sizes_[i] * repeats_, 0.0F);
    }
    inner.laid_out = inner_laid_out(a.laid_out);
    inner.scratch = piece(a.scratch, pieces_.bytes());
    inner_->backward(inner);
    for (std::size_t i = 0; i < sizes_.size(); ++i)
      if (a.parameter_gradients[i] != nullptr)
        for (std::int64_t k = 0; k < sizes_[i] * repeats_; ++k)
          a.parameter_gradients[i][k % sizes_[i]] += inner.parameter_gradients[i][k];
  }

  // The parameters written out, and then what inner_ makes of them.
  std::size_t laid_out_bytes(Direction direction) const override {
    const std::size_t bytes = inner_->laid_out_bytes(direction);
    return bytes == 0 ? 0 : pieces_.bytes() + bytes;
  }
  void lay_out(Direction direction, std::span<const float* const> parameters, void* to) const override {
    if (inner_->laid_out_bytes(direction) == 0) return;
    std::vector<const float*> written;
    for (std::size_t i = 0; i < sizes_.size(); ++i) written.push_back(write_out(parameters[i], i, to));
    inner_->lay_out(direction, written, piece(to, pieces_.bytes()));
  }

  BackwardReads backward_reads() const override { return inner_->backward_reads(); }
  std::size_t saved_bytes() const override { return inner_->saved_bytes(); }
  std::size_t forward_scratch_bytes() const override {
    return pieces_.bytes() + inner_->forward_scratch_bytes();
  }
  std::size_t backward_scratch_bytes() const override {
    return pieces_.bytes() + inner_->backward_scratch_bytes();
  }
  bool works_in_place() const override { return inner_->works_in_place(); }
  bool gradient_in_place() const override { return inner_->gradient_in_place(); }
  bool overwrites_gradient() const override { return inner_->overwrites_gradient(); }
  std::string implementation() const override { return inner_->implementation(); }

 private:
  const void* inner_laid_out(const void* laid_out) const {
    return laid_out == nullptr ? nullptr : piece(laid_out, pieces_.bytes());
  }
  float* write_out(const float* once, std::size_t parameter, void* scratch) const {
    float* to = piece<float>(scratch, values_at_[parameter]);
    for (int i = 0; i < repeats_; ++i) std::copy_n(once, sizes_[parameter], to + i * sizes_[parameter]);
    return to;
  }

  int repeats_;
  GraphNode node_;
  std::unique_ptr<TrainKernel> inner_;
  std::vector<std::int64_t> sizes_;
  Pieces pieces_;
  std::vector<std::size_t> values_at_, gradients_at_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_repeated_convolution(const TrainKernelRequest& request) {
  return std::make_unique<TrainRepeated>(request);
}

}  // namespace actionflow::training
