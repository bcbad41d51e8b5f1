// What multiplies channels by a learned number, always (a scale) or below zero (PReLU).
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

// The loops over rows of `padded` channels. Backward: gradients of the input into `to`, those of the number
// added to `sums`, by channel.
struct PReluLoops {
  static constexpr const char* kName = "prelu";

  static void forward(const float* from, const float* alpha, float* to, std::int64_t rows,
                      std::int64_t padded) {
    kernels::vector_kernels().prelu(from, alpha, to, rows, padded);
  }
  static void backward(const float* in, const float* gradient, const float* alpha, float* to, float* sums,
                       std::int64_t rows, std::int64_t padded) {
    map_vectors().prelu_gradient(in, gradient, alpha, to, sums, rows, padded);
  }
};

struct ScaleLoops {
  static constexpr const char* kName = "scale";

  static void forward(const float* from, const float* gamma, float* to, std::int64_t rows,
                      std::int64_t padded) {
    for (std::int64_t row = 0; row < rows; ++row, from += padded, to += padded)
      for (std::int64_t c = 0; c < padded; ++c) to[c] = from[c] * gamma[c];
  }
  static void backward(const float* in, const float* gradient, const float* gamma, float* to, float* sums,
                       std::int64_t rows, std::int64_t padded) {
    for (std::int64_t row = 0; row < rows; ++row, in += padded, gradient += padded, to += padded)
      for (std::int64_t c = 0; c < padded; ++c) {
        const float g = gradient[c];
        sums[c] += g * in[c];
        to[c] = g * gamma[c];
      }
  }
};

// Rows go in groups of a chunk, and groups in parts that the shape alone decides, whose sums for the number
// are added in order.
template <class Loops>
class TrainScaled final : public TrainKernel {
 public:
  static constexpr std::int64_t kMostParts = 64, kMostChannels = 1024;
  using Group = F32ChunkOf<kMostChannels>;

  explicit TrainScaled(const TrainKernelRequest& r)
      : layout_(r.out),
        numbers_(r.node.parameters.at(0).shape.at(0)),
        group_(std::max<std::int64_t>(1, kMostChannels / layout_.padded)),
        groups_((layout_.rows() + group_ - 1) / group_),
        part_((groups_ + kMostParts - 1) / kMostParts),
        parts_((groups_ + part_ - 1) / part_) {
    factors_at_ = pieces_.add_floats(layout_.padded);
    sums_at_ = pieces_.add_floats(parts_ * layout_.padded);
  }

  void forward(const ForwardArguments& a) const override {
    const float* factors = spread(a.parameters[0], a.scratch);
    kernels::parallel_for(groups_, layout_.elements(), [&](std::int64_t group) {
      Group from_chunk, to_chunk;
      const std::int64_t at = group * group_ * layout_.padded, rows = rows_of(group);
      const float* from = load_chunk(layout_.type, a.inputs[0], at, rows * layout_.padded, from_chunk);
      float* to = chunk_to_store(layout_.type, a.output, at, to_chunk);
      Loops::forward(from, factors, to, rows, layout_.padded);
      store_chunk(layout_.type, to, a.output, at, rows * layout_.padded);
    });
  }

  void backward(const BackwardArguments& a) const override {
    const float* factors = spread(a.parameters[0], a.scratch);
    float* sums = piece<float>(a.scratch, sums_at_);
    kernels::parallel_for(parts_, layout_.elements(), [&](std::int64_t part) {
      float* own = sums + part * layout_.padded;
      std::fill_n(own, layout_.padded, 0.0F);
      for (std::int64_t group = part * part_; group < std::min(groups_, (part + 1) * part_); ++group)
        backward_group(a, group, factors, own);
    });
    if (a.parameter_gradients[0] == nullptr) return;
    for (std::int64_t c = 0; c < layout_.extents.c; ++c) {
      double sum = 0;
      for (std::int64_t part = 0; part < parts_; ++part) sum += double{sums[part * layout_.padded + c]};
      a.parameter_gradients[0][numbers_ == 1 ? 0 : c] += static_cast<float>(sum);
    }
  }

  BackwardReads backward_reads() const override { return {{true}, false}; }
  std::size_t forward_scratch_bytes() const override { return pieces_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return pieces_.bytes(); }
  bool gradient_in_place() const override { return true; }
  std::string implementation() const override {
    return fmt::format("own:{}:{}", Loops::kName, map_vectors().name);
  }

 private:
  std::int64_t rows_of(std::int64_t group) const { return std::min(group_, layout_.rows() - group * group_); }

  const float* spread(const float* numbers, void* scratch) const {
    float* all = piece<float>(scratch, factors_at_);
    std::fill_n(all, layout_.padded, 0.0F);
    for (std::int64_t c = 0; c < layout_.extents.c; ++c) all[c] = numbers[numbers_ == 1 ? 0 : c];
    return all;
  }

  void backward_group(const BackwardArguments& a, std::int64_t group, const float* factors,
                      float* sums) const {
    Group in_stage, gradient_chunk, to_chunk;
    const std::int64_t at = group * group_ * layout_.padded, rows = rows_of(group);
    const std::int64_t count = rows * layout_.padded;
    const float* in = load_chunk(layout_.type, a.inputs[0], at, count, in_stage);
    const float* gradient = load_chunk(layout_.type, a.output_gradient, at, count, gradient_chunk);
    void* out = a.input_gradients[0];
    float* to = out == nullptr ? to_chunk.floats : chunk_to_store(layout_.type, out, at, to_chunk);
    Loops::backward(in, gradient, factors, to, sums, rows, layout_.padded);
    if (out != nullptr) store_chunk(layout_.type, to, out, at, count);
  }

  Layout layout_;
  std::int64_t numbers_, group_, groups_, part_, parts_;
  Pieces pieces_;
  std::size_t factors_at_ = 0, sums_at_ = 0;
};

template <class Loops>
std::unique_ptr<TrainKernel> make_scaled(const TrainKernelRequest& request) {
  if (request.in[0] != request.out || request.out.padded > TrainScaled<Loops>::kMostChannels)
    throw ModelError(fmt::format("{}: {} is trained over {} channels at most", request.node.name,
                                 Loops::kName, TrainScaled<Loops>::kMostChannels));
  return std::make_unique<TrainScaled<Loops>>(request);
}

}  // namespace

std::unique_ptr<TrainKernel> make_prelu(const TrainKernelRequest& request) {
  return make_scaled<PReluLoops>(request);
}

std::unique_ptr<TrainKernel> make_scale(const TrainKernelRequest& request) {
  return make_scaled<ScaleLoops>(request);
}

}  // namespace actionflow::training
