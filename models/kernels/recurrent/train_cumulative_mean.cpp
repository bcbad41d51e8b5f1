// The mean of all samples so far, trained: a sample's gradient is the sum of g/(t + 1) over it and all after
// it.
#include <algorithm>
#include <array>

#include "base/error.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/operations.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

class TrainCumulativeMean final : public TrainKernel {
 public:
  explicit TrainCumulativeMean(const Layout& layout)
      : layout_(layout), forward_(kernels::make_cumulative_mean(layout)) {}

  void forward(const ForwardArguments& a) const override {
    forward_->run({.inputs = a.inputs, .output = a.output, .scratch = a.scratch});
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    const std::int64_t frame = layout_.frame(), chunks = (frame + kChunkFloats - 1) / kChunkFloats;
    kernels::parallel_for(layout_.batch * chunks, layout_.elements(), [&](std::int64_t i) {
      const std::int64_t first = i % chunks * kChunkFloats;
      backward_chunk(a, i / chunks * layout_.extents.t * frame + first,
                     std::min(kChunkFloats, frame - first));
    });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::string implementation() const override { return forward_->implementation(); }

 private:
  void backward_chunk(const BackwardArguments& a, std::int64_t begin, std::int64_t count) const {
    std::array<double, kChunkFloats> sums{};
    F32Chunk from_chunk, to_chunk;
    for (std::int64_t t = layout_.extents.t; t-- > 0;) {
      const std::int64_t at = begin + t * layout_.frame();
      const float* from = load_chunk(layout_.type, a.output_gradient, at, count, from_chunk);
      float* to = chunk_to_store(layout_.type, a.input_gradients[0], at, to_chunk);
      for (std::int64_t c = 0; c < count; ++c) {
        double& sum = sums[static_cast<std::size_t>(c)];
        sum += double{from[c]} / static_cast<double>(t + 1);
        to[c] = static_cast<float>(sum);
      }
      store_chunk(layout_.type, to, a.input_gradients[0], at, count);
    }
  }

  Layout layout_;
  std::unique_ptr<kernels::Kernel> forward_;
};

}  // namespace

std::unique_ptr<TrainKernel> make_cumulative_mean(const TrainKernelRequest& request) {
  if (request.in[0] != request.out)
    throw ModelError(request.node.name + ": a cumulative mean has to lie as its input");
  return std::make_unique<TrainCumulativeMean>(request.out);
}

}  // namespace actionflow::training
