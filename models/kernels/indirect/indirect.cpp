#include "models/kernels/indirect/indirect.h"

#include <omp.h>

#include <algorithm>

#include "base/processor.h"
#include "models/kernels/aligned_floats.h"
#include "models/kernels/elementwise/fused_posts.h"
#include "models/kernels/indirect/loops.h"
#include "models/kernels/indirect/sources.h"

namespace actionflow::kernels {
namespace {

using indirect::loops;
using indirect::Sources;

// Outputs whose inputs stay in the second-level cache together.
constexpr std::int64_t kChunkPositions = 96;
// So many products are summed before they join the total; their weights stay in the nearest cache.
constexpr std::int64_t kDepthAtOnce = 256;
// That one thread takes together.
constexpr int kTasksAtOnce = 4;
// Enough pieces of work to keep threads busy to the end.
constexpr std::int64_t kTasksPerThread = 2;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// [out/OB][tap][channel][OB]
AlignedFloats blocked_weights(const ConvolutionProblem& p) {
  const std::int64_t taps = p.kernel_taps(), depth = p.in.extents.c, block = loops().out_block;
  AlignedFloats result(static_cast<std::size_t>(divide_up(p.out.padded, block) * taps * depth * block));
  for (std::int64_t o = 0; o < p.operation.filters; ++o)
    for (std::int64_t i = 0; i < depth; ++i)
      for (std::int64_t tap = 0; tap < taps; ++tap)
        result.data()[((o / block * taps + tap) * depth + i) * block + o % block] =
            p.kernel[static_cast<std::size_t>((o * depth + i) * taps + tap)];
  return result;
}

class IndirectConvolution final : public Kernel {
 public:
  explicit IndirectConvolution(const ConvolutionProblem& p)
      : sources_(p.operation, p.in, p.out),
        out_(p.out),
        depth_(p.in.extents.c),
        taps_(p.kernel_taps()),
        out_blocks_(divide_up(p.out.padded, loops().out_block)),
        frame_chunks_(divide_up(p.out.extents.h * p.out.extents.w, kChunkPositions)),
        chunks_(frame_chunks_ > 1 ? frame_chunks_ * p.out.batch * p.out.extents.t
                                  : divide_up(p.out.rows(), kChunkPositions)),
        threads_(omp_get_max_threads()),
        weights_(blocked_weights(p)),
        bias_(aligned(p.bias, p.out.padded)),
        posts_(p.post_operations, p.out.padded) {}

  std::string implementation() const override { return std::string("own:indirect:") + loops().name; }
  std::size_t weight_bytes() const override { return weights_.size() * sizeof(float); }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(threads_ * (pointer_bytes() + sum_floats() * kFloatBytes));
  }

  void run(const Arguments& arguments) const override {
    const std::int64_t shares =
        std::clamp<std::int64_t>(divide_up(kTasksPerThread * threads_, chunks_), 1, out_blocks_);
    const int threads = std::min(threads_, omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, kTasksAtOnce) num_threads(threads)
    for (std::int64_t i = 0; i < shares * chunks_; ++i) {
      const std::int64_t share = i / chunks_;
      make_outputs(arguments, i % chunks_, out_blocks_ * share / shares, out_blocks_ * (share + 1) / shares);
    }
  }

 private:
  static constexpr std::int64_t kFloatBytes = sizeof(float);

  // Scratch of a thread: the sums of a chunk, then its pointers.
  std::int64_t sum_floats() const { return kChunkPositions * loops().out_block; }
  std::int64_t pointer_bytes() const {
    return kChunkPositions * taps_ * static_cast<std::int64_t>(sizeof(const float*));
  }

  struct Chunk {
    std::int64_t begin, count, strips;  // outputs, and the strips they are cut into
    std::int64_t strip_begin(std::int64_t strip) const { return count * strip / strips; }
  };
  // Large frames are cut into chunks, of which the same ones of all frames follow each other: taps in time
  // then meet what the one before has read.
  Chunk chunk(std::int64_t index) const {
    std::int64_t frame = 0, rows = out_.rows(), part = index, parts = chunks_;
    if (frame_chunks_ > 1) {
      const std::int64_t frames = out_.extents.t, clip = index / (frame_chunks_ * frames);
      frame = clip * frames + index % frames;
      rows = out_.extents.h * out_.extents.w;
      part = index / frames % frame_chunks_;
      parts = frame_chunks_;
    }
    const std::int64_t begin = rows * part / parts, end = rows * (part + 1) / parts;
    return {frame * rows + begin, end - begin, divide_up(end - begin, loops().positions)};
  }

  void make_outputs(const Arguments& arguments, std::int64_t index, std::int64_t first_block,
                    std::int64_t end_block) const {
    auto* scratch = static_cast<std::byte*>(arguments.scratch) +
                    omp_get_thread_num() * (pointer_bytes() + sum_floats() * kFloatBytes);
    auto* sums = static_cast<float*>(static_cast<void*>(scratch));
    auto* pointers = static_cast<const float**>(static_cast<void*>(scratch + sum_floats() * kFloatBytes));
    const Chunk at = chunk(index);
    for (std::int64_t i = 0; i < at.strips; ++i) {
      const std::int64_t begin = at.strip_begin(i);
      sources_.find(static_cast<const float*>(arguments.inputs[0]), at.begin + begin,
                    at.strip_begin(i + 1) - begin, pointers + begin * taps_);
    }
    for (std::int64_t block = first_block; block < end_block; ++block) {
      multiply(at, block, pointers, sums);
      finish(arguments, at, block, sums);
    }
  }

  void multiply(const Chunk& at, std::int64_t block, const float* const* pointers, float* sums) const {
    const std::int64_t out_block = loops().out_block, most = std::max<std::int64_t>(1, kDepthAtOnce / depth_);
    for (std::int64_t tap = 0; tap < taps_; tap += most) {
      indirect::Strip strip;
      strip.taps = std::min(most, taps_ - tap);
      strip.depth = depth_;
      strip.weights = weights_.data() + (block * taps_ + tap) * depth_ * out_block;
      strip.begins = tap == 0;
      for (std::int64_t i = 0; i < at.strips; ++i) {
        const std::int64_t begin = at.strip_begin(i);
        strip.positions = at.strip_begin(i + 1) - begin;
        strip.sources = pointers + begin * taps_ + tap * strip.positions;
        strip.sums = sums + begin * out_block;
        loops().multiply(strip);
      }
    }
  }

  void finish(const Arguments& arguments, const Chunk& at, std::int64_t block, const float* sums) const {
    const std::int64_t channel = block * loops().out_block;
    const std::int64_t offset = at.begin * out_.padded + channel;
    const FusedPosts::List posts = posts_.at(arguments, offset, channel);
    loops().finish({.sums = sums,
                    .positions = at.count,
                    .channels = std::min(loops().out_block, out_.padded - channel),
                    .out_stride = out_.padded,
                    .out = static_cast<float*>(arguments.output) + offset,
                    .bias = bias_.data() + channel,
                    .posts = posts.data(),
                    .post_count = posts_.count()});
  }

  Sources sources_;
  Layout out_;
  std::int64_t depth_, taps_, out_blocks_, frame_chunks_, chunks_;
  int threads_;
  AlignedFloats weights_, bias_;
  FusedPosts posts_;
};

}  // namespace

bool indirect_fits(const ConvolutionProblem& p) {
  return p.operation.groups == 1 && p.in.type == ElementType::f32 && p.out.type == ElementType::f32 &&
         p.out.padded % kChannelBlock == 0 && FusedPosts::can_take(p.post_operations);
}

std::unique_ptr<Kernel> make_indirect(const ConvolutionProblem& problem) {
  return std::make_unique<IndirectConvolution>(problem);
}

std::unique_ptr<Kernel> indirect_convolution(const ConvolutionProblem& p) {
  // Fewer channels or one tap leave the loops too short; oneDNN has kernels of its own for them, and fast
  // ones for AVX-512.
  constexpr std::int64_t kLeastChannels = 32;
  if (!has_avx2() || has_avx512() || !indirect_fits(p) || p.in.extents.c < kLeastChannels ||
      p.kernel_taps() == 1)
    return nullptr;
  return make_indirect(p);
}

std::unique_ptr<Kernel> indirect_convolution_otherwise(const ConvolutionProblem& p) {
  return indirect_fits(p) ? make_indirect(p) : nullptr;
}

}  // namespace actionflow::kernels
