#include <algorithm>

#include "base/error.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

// Rows go in groups of a chunk, and groups in parts that the shape alone decides, whose sums for alpha are
// added in order.
class TrainPRelu final : public TrainKernel {
 public:
  static constexpr std::int64_t kMostParts = 64, kMostChannels = 1024;
  using Group = F32ChunkOf<kMostChannels>;

  explicit TrainPRelu(const TrainKernelRequest& r)
      : layout_(r.out),
        alphas_(r.node.parameters.at(0).shape.at(0)),
        group_(std::max<std::int64_t>(1, kMostChannels / layout_.padded)),
        groups_((layout_.rows() + group_ - 1) / group_),
        part_((groups_ + kMostParts - 1) / kMostParts),
        parts_((groups_ + part_ - 1) / part_) {
    alpha_at_ = pieces_.add_floats(layout_.padded);
    sums_at_ = pieces_.add_floats(parts_ * layout_.padded);
  }

  void forward(const ForwardArguments& a) const override {
    const float* alpha = spread_alpha(a.parameters[0], a.scratch);
    kernels::parallel_for(groups_, layout_.elements(), [&](std::int64_t group) {
      Group from_chunk, to_chunk;
      const std::int64_t at = group * group_ * layout_.padded, rows = rows_of(group);
      const float* from = load_chunk(layout_.type, a.inputs[0], at, rows * layout_.padded, from_chunk);
      float* to = chunk_to_store(layout_.type, a.output, at, to_chunk);
      kernels::vector_kernels().prelu(from, alpha, to, rows, layout_.padded);
      store_chunk(layout_.type, to, a.output, at, rows * layout_.padded);
    });
  }

  void backward(const BackwardArguments& a) const override {
    const float* alpha = spread_alpha(a.parameters[0], a.scratch);
    float* sums = piece<float>(a.scratch, sums_at_);
    kernels::parallel_for(parts_, layout_.elements(), [&](std::int64_t part) {
      float* own = sums + part * layout_.padded;
      std::fill_n(own, layout_.padded, 0.0F);
      for (std::int64_t group = part * part_; group < std::min(groups_, (part + 1) * part_); ++group)
        backward_group(a, group, alpha, own);
    });
    if (a.parameter_gradients[0] == nullptr) return;
    for (std::int64_t c = 0; c < layout_.extents.c; ++c) {
      double sum = 0;
      for (std::int64_t part = 0; part < parts_; ++part) sum += double{sums[part * layout_.padded + c]};
      a.parameter_gradients[0][alphas_ == 1 ? 0 : c] += static_cast<float>(sum);
    }
  }

  BackwardReads backward_reads() const override { return {{true}, false}; }
  std::size_t forward_scratch_bytes() const override { return pieces_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return pieces_.bytes(); }
  bool gradient_in_place() const override { return true; }
  std::string implementation() const override { return std::string("own:prelu:") + map_vectors().name; }

 private:
  std::int64_t rows_of(std::int64_t group) const { return std::min(group_, layout_.rows() - group * group_); }

  const float* spread_alpha(const float* alpha, void* scratch) const {
    float* all = piece<float>(scratch, alpha_at_);
    std::fill_n(all, layout_.padded, 0.0F);
    for (std::int64_t c = 0; c < layout_.extents.c; ++c) all[c] = alpha[alphas_ == 1 ? 0 : c];
    return all;
  }

  void backward_group(const BackwardArguments& a, std::int64_t group, const float* alpha, float* sums) const {
    Group in_stage, gradient_chunk, to_chunk;
    const std::int64_t at = group * group_ * layout_.padded, rows = rows_of(group);
    const std::int64_t count = rows * layout_.padded;
    const float* in = load_chunk(layout_.type, a.inputs[0], at, count, in_stage);
    const float* gradient = load_chunk(layout_.type, a.output_gradient, at, count, gradient_chunk);
    void* out = a.input_gradients[0];
    float* to = out == nullptr ? to_chunk.floats : chunk_to_store(layout_.type, out, at, to_chunk);
    map_vectors().prelu_gradient(in, gradient, alpha, to, sums, rows, layout_.padded);
    if (out != nullptr) store_chunk(layout_.type, to, out, at, count);
  }

  Layout layout_;
  std::int64_t alphas_, group_, groups_, part_, parts_;
  Pieces pieces_;
  std::size_t alpha_at_ = 0, sums_at_ = 0;
};

}  // namespace

std::unique_ptr<TrainKernel> make_prelu(const TrainKernelRequest& request) {
  if (request.in[0] != request.out || request.out.padded > TrainPRelu::kMostChannels)
    throw ModelError(request.node.name + ": PReLU is trained over " +
                     std::to_string(TrainPRelu::kMostChannels) + " channels at most");
  return std::make_unique<TrainPRelu>(request);
}

}  // namespace actionflow::training
