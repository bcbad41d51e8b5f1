#include <algorithm>

#include "models/kernels/channels.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/vector.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

// Rows in parts that the shape alone decides, whose sums for gamma and beta are added in order.
class TrainLayerNorm final : public TrainKernel {
 public:
  explicit TrainLayerNorm(const TrainKernelRequest& r)
      : operation_(std::get<LayerNorm>(r.node.operation)),
        in_(r.in[0]),
        out_(r.out),
        n_(in_.extents.c / operation_.groups),
        part_(std::max<std::int64_t>(16, (in_.rows() + kMostParts - 1) / kMostParts)),
        parts_((in_.rows() + part_ - 1) / part_) {
    mean_at_ = saved_.add_floats(in_.rows() * operation_.groups);
    inverse_at_ = saved_.add_floats(in_.rows() * operation_.groups);
    sums_at_ = scratch_.add_floats(2 * n_ * parts_);
  }

  void forward(const ForwardArguments& a) const override {
    each_part([&](std::int64_t, std::int64_t first, std::int64_t rows) {
      kernels::vector_kernels().layer_norm(
          {.in = at(a.inputs[0], first * in_.padded),
           .out = at(a.output, first * out_.padded),
           .bf16 = half(),
           .rows = rows,
           .in_stride = in_.padded,
           .out_stride = out_.padded,
           .groups = operation_.groups,
           .n = n_,
           .gamma = a.parameters[0],
           .beta = a.parameters[1],
           .epsilon = operation_.epsilon,
           .mean = piece<float>(a.saved, mean_at_) + first * operation_.groups,
           .inverse = piece<float>(a.saved, inverse_at_) + first * operation_.groups});
    });
  }

  void backward(const BackwardArguments& a) const override {
    float* sums = piece<float>(a.scratch, sums_at_);
    std::fill_n(sums, 2 * n_ * parts_, 0.0F);
    each_part([&](std::int64_t part, std::int64_t first, std::int64_t rows) {
      void* out = a.input_gradients[0];
      gradient_vectors().layer_norm(
          {.in = at(a.inputs[0], first * in_.padded),
           .gradient = at(a.output_gradient, first * out_.padded),
           .out = out == nullptr ? nullptr : at(out, first * in_.padded),
           .bf16 = half(),
           .rows = rows,
           .in_stride = in_.padded,
           .gradient_stride = out_.padded,
           .groups = operation_.groups,
           .n = n_,
           .gamma = a.parameters[0],
           .mean = piece<const float>(a.saved, mean_at_) + first * operation_.groups,
           .inverse = piece<const float>(a.saved, inverse_at_) + first * operation_.groups,
           .gamma_sums = sums + 2 * n_ * part,
           .beta_sums = sums + 2 * n_ * part + n_});
    });
    if (a.input_gradients[0] != nullptr) clear_padding(in_, a.input_gradients[0]);
    for (std::size_t parameter = 0; parameter < 2; ++parameter)
      if (float* gradient = a.parameter_gradients[parameter])
        add_sums(sums + static_cast<std::int64_t>(parameter) * n_, gradient);
  }

  BackwardReads backward_reads() const override { return {{true}, false}; }
  std::size_t saved_bytes() const override { return saved_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return scratch_.bytes(); }
  bool gradient_in_place() const override { return in_ == out_; }
  std::string implementation() const override {
    return std::string("own:layer_norm:") + gradient_vectors().name;
  }

 private:
  static constexpr std::int64_t kMostParts = 64;

  bool half() const { return in_.type == kernels::ElementType::bf16; }

  const void* at(const void* memory, std::int64_t element) const {
    return static_cast<const std::byte*>(memory) +
           static_cast<std::size_t>(element) * kernels::bytes_of(in_.type);
  }
  void* at(void* memory, std::int64_t element) const {
    return const_cast<void*>(at(static_cast<const void*>(memory), element));
  }

  template <class F>
  void each_part(F body) const {
    kernels::parallel_for(parts_, in_.elements() * 4, [&](std::int64_t part) {
      body(part, part * part_, std::min(part_, in_.rows() - part * part_));
    });
  }

  void add_sums(const float* sums, float* gradient) const {
    for (std::int64_t c = 0; c < n_; ++c) {
      double sum = 0;
      for (std::int64_t part = 0; part < parts_; ++part) sum += double{sums[2 * n_ * part + c]};
      gradient[c] += static_cast<float>(sum);
    }
  }

  LayerNorm operation_;
  Layout in_, out_;
  std::int64_t n_, part_, parts_;
  Pieces saved_, scratch_;
  std::size_t mean_at_ = 0, inverse_at_ = 0, sums_at_ = 0;
};

}  // namespace

std::unique_ptr<TrainKernel> make_layer_norm(const TrainKernelRequest& request) {
  return std::make_unique<TrainLayerNorm>(request);
}

}  // namespace actionflow::training
