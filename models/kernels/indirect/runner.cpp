#include "models/kernels/indirect/runner.h"

#include <omp.h>

#include <algorithm>

#include "models/kernels/indirect/loops.h"

namespace actionflow::kernels::indirect {
namespace {

// Outputs whose inputs stay in the second-level cache together.
constexpr std::int64_t kChunkPositions = 96;
// So many products are summed before they join the total; their weights stay in the nearest cache.
constexpr std::int64_t kDepthAtOnce = 256;
// Enough pieces of work to keep threads busy to the end.
constexpr std::int64_t kTasksPerThread = 4;
// Neighbours that one thread takes together, where there are many.
constexpr std::int64_t kMostTasksAtOnce = 4;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

Runner::Runner(const ConvolutionProblem& p)
    : sources_(p.operation, p.in, p.out, sizeof(float)),
      out_(p.out),
      depth_(p.in.extents.c),
      taps_(p.kernel_taps()),
      out_blocks_(divide_up(p.out.padded, loops().out_block)),
      frame_chunks_(divide_up(p.out.extents.h * p.out.extents.w, kChunkPositions)),
      chunks_(frame_chunks_ > 1 ? frame_chunks_ * p.out.batch * p.out.extents.t
                                : divide_up(p.out.rows(), kChunkPositions)),
      threads_(omp_get_max_threads()),
      posts_(p.post_operations, p.out.padded) {}

std::string Runner::implementation() const { return std::string("own:indirect:") + loops().name; }

std::int64_t Runner::weight_floats() const { return out_blocks_ * taps_ * depth_ * loops().out_block; }

// The sums of a chunk, then its pointers.
std::size_t Runner::thread_bytes() const {
  return static_cast<std::size_t>(kChunkPositions) *
         (static_cast<std::size_t>(loops().out_block) * sizeof(float) +
          static_cast<std::size_t>(taps_) * sizeof(const void*));
}

std::size_t Runner::scratch_bytes() const { return static_cast<std::size_t>(threads_) * thread_bytes(); }

void Runner::lay_out(const KernelView& view, float* weights) const {
  const std::int64_t block = loops().out_block;
  const std::int64_t outputs = view.turned ? view.inputs : view.outputs;
#pragma omp parallel for schedule(static)
  for (std::int64_t o = 0; o < outputs; ++o)
    for (std::int64_t i = 0; i < depth_; ++i) {
      const float* from = view.kernel + (view.turned ? i * view.inputs + o : o * view.inputs + i) * taps_;
      float* to = weights + (o / block * taps_ * depth_ + i) * block + o % block;
      for (std::int64_t tap = 0; tap < taps_; ++tap)
        to[tap * depth_ * block] = from[view.turned ? taps_ - 1 - tap : tap];
    }
}

// A chunk's outputs are made by one thread, or its blocks of outputs by several where there are few chunks.
std::int64_t Runner::shares() const {
  return std::clamp<std::int64_t>(divide_up(kTasksPerThread * threads_, chunks_), 1, out_blocks_);
}

void Runner::run(const Arguments& arguments, const float* weights, const float* bias) const {
  const Call call{arguments, weights, bias};
  const std::int64_t tasks = shares() * chunks_;
  const int threads = std::min(threads_, omp_get_max_threads());
  const std::int64_t at_once =
      std::clamp<std::int64_t>(tasks / (kTasksPerThread * threads), 1, kMostTasksAtOnce);
#pragma omp parallel for schedule(dynamic, at_once) num_threads(threads)
  for (std::int64_t i = 0; i < tasks; ++i) {
    const std::int64_t share = i / chunks_;
    make_outputs(call, i % chunks_, out_blocks_ * share / shares(), out_blocks_ * (share + 1) / shares());
  }
}

// Large frames are cut into chunks, of which the same ones of all frames follow each other: taps in time
// then meet what the one before has read.
Runner::Chunk Runner::chunk(std::int64_t index) const {
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

void Runner::make_outputs(const Call& call, std::int64_t index, std::int64_t first_block,
                          std::int64_t end_block) const {
  auto* scratch = static_cast<std::byte*>(call.arguments.scratch) +
                  static_cast<std::size_t>(omp_get_thread_num()) * thread_bytes();
  auto* sums = static_cast<float*>(static_cast<void*>(scratch));
  auto* pointers = static_cast<const void**>(static_cast<void*>(sums + kChunkPositions * loops().out_block));
  const Chunk at = chunk(index);
  for (std::int64_t i = 0; i < at.strips; ++i) {
    const std::int64_t begin = at.strip_begin(i);
    sources_.find(call.arguments.inputs[0], at.begin + begin, at.strip_begin(i + 1) - begin,
                  pointers + begin * taps_);
  }
  for (std::int64_t block = first_block; block < end_block; ++block) {
    multiply(call, at, block, pointers, sums);
    finish(call, at, block, sums);
  }
}

void Runner::multiply(const Call& call, const Chunk& at, std::int64_t block, const void* const* pointers,
                      float* sums) const {
  const std::int64_t out_block = loops().out_block, most = std::max<std::int64_t>(1, kDepthAtOnce / depth_);
  for (std::int64_t tap = 0; tap < taps_; tap += most) {
    indirect::Strip strip;
    strip.taps = std::min(most, taps_ - tap);
    strip.depth = depth_;
    strip.weights = call.weights + (block * taps_ + tap) * depth_ * out_block;
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

void Runner::finish(const Call& call, const Chunk& at, std::int64_t block, const float* sums) const {
  const std::int64_t channel = block * loops().out_block;
  const std::int64_t offset = at.begin * out_.padded + channel;
  const FusedPosts::List posts = posts_.at(call.arguments, offset, channel);
  loops().finish({.sums = sums,
                  .positions = at.count,
                  .channels = std::min(loops().out_block, out_.padded - channel),
                  .out_stride = out_.padded,
                  .out = static_cast<float*>(call.arguments.output) + offset,
                  .bias = call.bias + channel,
                  .posts = posts.data(),
                  .post_count = posts_.count()});
}

}  // namespace actionflow::kernels::indirect
