// Attention in training: each head of a clip by itself, some queries at a time against all keys of their
// window. Weights are computed again in the backward pass, so that nothing is saved.
#include <algorithm>
#include <cmath>

#include "models/kernels/attention/features.h"
#include "models/kernels/attention/train_head.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/scratch.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

class TrainAttention final : public TrainKernel {
 public:
  explicit TrainAttention(const TrainKernelRequest& r)
      : shape_(std::get<Attention>(r.node.operation), r.in, r.out),
        in_(r.in),
        out_(r.out),
        workers_(std::max(1, r.threads)) {
    forward_head_at_ = forward_.add_floats(workers_ * shape_.forward_floats());
    backward_head_at_ = backward_.add_floats(workers_ * shape_.backward_floats());
    for (const Parameter& parameter : r.node.parameters) {
      parameter_sizes_.push_back(element_count(parameter.shape) / (has_table() ? heads() : 1));
      gradients_at_.push_back(backward_.add_floats(tasks() * parameter_sizes_.back()));
    }
  }

  void forward(const ForwardArguments& a) const override {
    const std::vector<const float*> parameters(a.parameters.begin(), a.parameters.end());
    const kernels::BiasFeatures features = features_of(parameters);
    each_task([&](std::int64_t worker, std::int64_t task) {
      TrainHead head(shape_, features, parameters, a.inputs, task / heads(), task % heads());
      head.forward({piece<float>(a.scratch, forward_head_at_) + worker * shape_.forward_floats(), a.output});
    });
    if (out_.padded != out_.extents.c) clear_value(out_, a.output);
  }

  void backward(const BackwardArguments& a) const override {
    const kernels::BiasFeatures features = features_of(a.parameters);
    each_task([&](std::int64_t worker, std::int64_t task) {
      TrainHead head(shape_, features, a.parameters, a.inputs, task / heads(), task % heads());
      TrainHead::Backward b{piece<float>(a.scratch, backward_head_at_) + worker * shape_.backward_floats(),
                            a.output_gradient,
                            a.input_gradients,
                            {}};
      for (std::size_t i = 0; i < gradients_at_.size(); ++i)
        b.parameters.push_back(gradient_of(a.scratch, i, task));
      head.backward(b);
    });
    for (std::size_t i = 0; i < in_.size(); ++i)
      if (a.input_gradients[i] != nullptr) clear_value(in_[i], a.input_gradients[i]);
    for (std::size_t i = 0; i < gradients_at_.size(); ++i)
      if (a.parameter_gradients[i] != nullptr) add_gradients(a, i);
  }

  BackwardReads backward_reads() const override { return {std::vector<bool>(in_.size(), true), false}; }
  std::size_t forward_scratch_bytes() const override { return forward_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return backward_.bytes(); }
  std::string implementation() const override { return "own:attention:sgemm"; }

 private:
  std::int64_t heads() const { return shape_.operation().heads; }
  bool has_table() const { return shape_.operation().bias == Attention::Bias::table; }
  std::int64_t tasks() const { return out_.batch * heads(); }
  float* gradient_of(void* scratch, std::size_t parameter, std::int64_t task) const {
    return piece<float>(scratch, gradients_at_[parameter]) + task * parameter_sizes_[parameter];
  }

  kernels::BiasFeatures features_of(const std::vector<const float*>& parameters) const {
    std::array<std::vector<float>, 3> vectors;
    if (shape_.operation().bias == Attention::Bias::decomposed)
      for (std::size_t i = 0; i < 3; ++i)
        vectors[i].assign(parameters[i], parameters[i] + parameter_sizes_[i]);
    return {shape_.operation(), shape_.channels(), vectors};
  }

  // In a parallel region always, so that products inside run on one thread each and give the same bits.
  template <class F>
  void each_task(F body) const {
#pragma omp parallel for schedule(static)
    for (std::int64_t worker = 0; worker < workers_; ++worker)
      for (std::int64_t task = worker; task < tasks(); task += workers_) body(worker, task);
  }

  static void clear_value(const Layout& layout, void* memory) {
    kernels::parallel_for(layout.rows(), layout.rows(), [&](std::int64_t row) {
      clear_chunk(layout.type, memory, row * layout.padded + layout.extents.c,
                  layout.padded - layout.extents.c);
    });
  }

  void add_gradients(const BackwardArguments& a, std::size_t parameter) const {
    for (std::int64_t task = 0; task < tasks(); ++task) {
      const float* part = gradient_of(a.scratch, parameter, task);
      float* to = a.parameter_gradients[parameter] + (has_table() ? task % heads() : 0);
      for (std::int64_t i = 0; i < parameter_sizes_[parameter]; ++i)
        to[has_table() ? i * heads() : i] += part[i];
    }
  }

  TrainHeadShape shape_;
  std::vector<Layout> in_;
  Layout out_;
  std::int64_t workers_;
  Pieces forward_, backward_;
  std::size_t forward_head_at_ = 0, backward_head_at_ = 0;
  std::vector<std::size_t> gradients_at_;
  std::vector<std::int64_t> parameter_sizes_;  // of a head's part: its own column of a table, else all
};

}  // namespace

std::unique_ptr<TrainKernel> make_attention(const TrainKernelRequest& request) {
  return std::make_unique<TrainAttention>(request);
}

}  // namespace actionflow::training
