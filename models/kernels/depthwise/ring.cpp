#include "models/kernels/depthwise/ring.h"

#include <algorithm>

#include "models/kernels/depthwise/depthwise_loops.h"

namespace actionflow::kernels::depthwise {
namespace {

constexpr std::int64_t kVectors = 2;  // of a block
// Enough tasks to keep threads busy to the end.
constexpr std::int64_t kTasksPerThread = 2;

std::int64_t parts(std::int64_t whole, std::int64_t part) { return (whole + part - 1) / part; }

std::int64_t reach(const Convolution& c, std::size_t axis) {
  return std::int64_t{1} * (c.kernel[axis] - 1) * c.dilation[axis] + 1;
}

}  // namespace

Ring::Ring(const Convolution& operation, const Layout& in, const Layout& out, int threads)
    : operation_(operation),
      in_(in),
      out_(out),
      vectors_(parts(out.extents.c, loops().lanes)),
      blocks_(parts(vectors_, kVectors)),
      width_((out.extents.w - 1) * operation.stride[2] + reach(operation, 2)),
      left_(std::max(operation.pad_begin[2], 0)),
      first_(std::max(-operation.pad_begin[2], 0)),
      positions_(
          std::clamp<std::int64_t>(in.extents.w - first_, 0, std::max<std::int64_t>(width_ - left_, 0))),
      frames_(reach(operation, 0)) {
  const std::int64_t row_bytes = kVectors * width_ * loops().lanes * std::int64_t{sizeof(float)};
  const std::int64_t rows = loops().ring_bytes / (frames_ * row_bytes), heights = out.extents.h;
  const std::int64_t most =
      std::clamp<std::int64_t>((rows - reach(operation, 1)) / operation.stride[1] + 1, 1, heights);
  const std::int64_t wanted = threads == 1 ? 1 : parts(threads * kTasksPerThread, in.batch * blocks_);
  bands_ = std::max(parts(heights, most), std::min(wanted, heights));
  band_rows_ = rows_for(parts(heights, bands_));
}

// Of the input, for so many rows of outputs.
std::int64_t Ring::rows_for(std::int64_t outputs) const {
  return std::min((outputs - 1) * operation_.stride[1] + reach(operation_, 1), in_.extents.h);
}

Task Ring::task(std::int64_t index) const {
  const std::int64_t band = index / blocks_ % bands_, heights = out_.extents.h;
  Task task{index / blocks_ / bands_, index % blocks_, heights * band / bands_,
            heights * (band + 1) / bands_};
  const std::int64_t first = task.begin * operation_.stride[1] - operation_.pad_begin[1];
  const std::int64_t end =
      (task.end - 1) * operation_.stride[1] - operation_.pad_begin[1] + reach(operation_, 1);
  task.in_begin = std::clamp<std::int64_t>(first, 0, in_.extents.h);
  task.in_end = std::clamp<std::int64_t>(end, task.in_begin, in_.extents.h);
  return task;
}

std::int64_t Ring::block_channels() const { return kVectors * loops().lanes; }

int Ring::vectors(std::int64_t block) const {
  return static_cast<int>(std::min(kVectors, vectors_ - block * kVectors));
}

int Ring::padding(std::int64_t block) const {
  return block + 1 < blocks_ ? 0 : static_cast<int>(out_.padded / loops().lanes - vectors_);
}

std::size_t Ring::bytes() const {
  return static_cast<std::size_t>(frames_ * band_rows_ * kVectors * vector_stride()) * sizeof(float);
}

std::int64_t Ring::vector_stride() const { return width_ * loops().lanes; }
std::int64_t Ring::offset() const { return left_ * loops().lanes; }

float* Ring::row(float* ring, const Task& task, std::int64_t t, std::int64_t h) const {
  return ring + (t % frames_ * band_rows_ + h - task.in_begin) * kVectors * vector_stride();
}

void Ring::clear_padding(float* ring) const {
  const std::int64_t left = offset(), right = left + positions_ * loops().lanes;
  for (std::int64_t i = 0; i < frames_ * band_rows_ * kVectors; ++i) {
    float* row = ring + i * vector_stride();
    std::fill(row, row + left, 0.0F);
    std::fill(row + right, row + vector_stride(), 0.0F);
  }
}

Frames Ring::frames(std::int64_t t) const {
  const std::int64_t first = t * operation_.stride[0] - operation_.pad_begin[0], all = in_.extents.t;
  return {std::clamp<std::int64_t>(first, 0, all), std::clamp<std::int64_t>(first + frames_, 0, all)};
}

}  // namespace actionflow::kernels::depthwise
