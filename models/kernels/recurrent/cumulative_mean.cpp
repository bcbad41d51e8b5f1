// The mean of all samples so far.
#include <algorithm>
#include <array>
#include <cstring>

#include "models/kernels/f32_chunks.h"
#include "models/kernels/operations.h"

namespace actionflow::kernels {
namespace {

using training::F32Chunk;
using training::kChunkFloats;

// Samples are added one by one in double, so pieces of any size give the same bits. The state: how many
// samples the stream has brought, then each clip's sums. Zeroed memory is a stream's beginning.
class CumulativeMeanKernel final : public Kernel {
 public:
  explicit CumulativeMeanKernel(const Layout& layout) : layout_(layout) {}

  std::string implementation() const override { return "own:cumulative_mean"; }
  std::size_t state_bytes() const override {
    return kHead + static_cast<std::size_t>(layout_.batch * layout_.frame()) * sizeof(double);
  }

  void run(const Arguments& arguments) const override {
    auto* const state = static_cast<std::byte*>(arguments.state);
    std::int64_t seen = 0;
    if (state != nullptr) std::memcpy(&seen, state, sizeof seen);
    const std::int64_t frame = layout_.frame(), chunks = (frame + kChunkFloats - 1) / kChunkFloats;
    parallel_for(layout_.batch * chunks, layout_.elements(), [&](std::int64_t i) {
      const std::int64_t n = i / chunks, first = i % chunks * kChunkFloats;
      std::array<double, kChunkFloats> fresh{};
      double* const sums =
          state == nullptr ? fresh.data() : reinterpret_cast<double*>(state + kHead) + n * frame + first;
      add_up(arguments, n * layout_.extents.t * frame + first, std::min(kChunkFloats, frame - first), seen,
             sums);
    });
    seen += layout_.extents.t;
    if (state != nullptr) std::memcpy(state, &seen, sizeof seen);
  }

 private:
  static constexpr std::size_t kHead = 64;

  void add_up(const Arguments& arguments, std::int64_t at, std::int64_t count, std::int64_t seen,
              double* sums) const {
    F32Chunk in_chunk, out_chunk;
    for (std::int64_t t = 0; t < layout_.extents.t; ++t, at += layout_.frame()) {
      const float* in = training::load_chunk(layout_.type, arguments.inputs[0], at, count, in_chunk);
      float* out = training::chunk_to_store(layout_.type, arguments.output, at, out_chunk);
      const auto samples = static_cast<double>(seen + t + 1);
      for (std::int64_t c = 0; c < count; ++c) {
        sums[c] += double{in[c]};
        out[c] = static_cast<float>(sums[c] / samples);
      }
      training::store_chunk(layout_.type, out, arguments.output, at, count);
    }
  }

  Layout layout_;
};

}  // namespace

std::unique_ptr<Kernel> make_cumulative_mean(const Layout& layout) {
  return std::make_unique<CumulativeMeanKernel>(layout);
}

}  // namespace actionflow::kernels
