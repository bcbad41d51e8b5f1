#include <algorithm>
#include <vector>

#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

struct Span {
  std::int64_t begin, end;
};

class PoolingKernel final : public Kernel {
 public:
  PoolingKernel(const Pooling& operation, const Layout& in, const Layout& out)
      : pooling_(operation), in_(in), out_(out) {}

  std::string implementation() const override { return std::string("own:pool:") + vector_kernels().name; }

  // Scratch holds the row pointers of each row of outputs.
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(output_rows() * rows_of_window()) * sizeof(const void*);
  }

  void run(const Arguments& arguments) const override {
    const std::int64_t taps = rows_of_window() * pooling_.kernel[2];
    parallel_for(output_rows(), out_.elements() * taps / 4,
                 [&](std::int64_t row) { pool_row(arguments, row); });
  }

 private:
  std::int64_t output_rows() const { return out_.batch * out_.extents.t * out_.extents.h; }
  std::int64_t rows_of_window() const { return std::int64_t{pooling_.kernel[0]} * pooling_.kernel[1]; }

  static std::int64_t position_bytes(const Layout& layout) {
    return layout.padded * static_cast<std::int64_t>(bytes_of(layout.type));
  }

  Span inside(std::size_t axis, std::int64_t out, std::int64_t extent) const {
    const std::int64_t begin = out * pooling_.stride[axis] - pooling_.pad_begin[axis];
    return {std::max<std::int64_t>(begin, 0), std::min(begin + pooling_.kernel[axis], extent)};
  }

  void pool_row(const Arguments& arguments, std::int64_t row) const {
    const std::int64_t oh = row % out_.extents.h, rest = row / out_.extents.h;
    const std::int64_t ot = rest % out_.extents.t, n = rest / out_.extents.t;
    const std::byte* in = static_cast<const std::byte*>(arguments.inputs[0]) +
                          n * in_.extents.positions() * position_bytes(in_);
    const void** rows = static_cast<const void**>(arguments.scratch) + row * rows_of_window();
    std::int64_t count = 0;
    const Span times = inside(0, ot, in_.extents.t), heights = inside(1, oh, in_.extents.h);
    for (std::int64_t t = times.begin; t < times.end; ++t)
      for (std::int64_t h = heights.begin; h < heights.end; ++h)
        rows[count++] = in + (t * in_.extents.h + h) * in_.extents.w * position_bytes(in_);
    const PoolRow work{
        .rows = rows,
        .row_count = count,
        .in_width = in_.extents.w,
        .in_padded = in_.padded,
        .out_width = out_.extents.w,
        .out_padded = out_.padded,
        .channels = in_.padded,
        .kernel = pooling_.kernel[2],
        .stride = pooling_.stride[2],
        .pad = pooling_.pad_begin[2],
        .full_count = pooling_.count_padding ? rows_of_window() * pooling_.kernel[2] : 0,
        .out = static_cast<std::byte*>(arguments.output) + row * out_.extents.w * position_bytes(out_),
        .in_type = in_.type,
        .out_type = out_.type};
    if (pooling_.kind == Pooling::Kind::max)
      vector_kernels().max_pool(work);
    else
      vector_kernels().average_pool(work);
  }

  Pooling pooling_;
  Layout in_, out_;
};

// Positions are shared out in stretches of a length that the shape alone decides, each with a partial
// result of its own, so that sums do not depend on the threads.
class ReductionKernel final : public Kernel {
 public:
  ReductionKernel(const Reduction& operation, const Layout& in, const Layout& out)
      : reduction_(operation), in_(in), out_(out) {
    const Extents& e = in.extents;
    outer_ = in.batch * (reduction_.time ? 1 : e.t);
    length_ = (reduction_.time ? e.t : 1) * (reduction_.space ? e.h * e.w : 1);
    inner_ = reduction_.space ? 1 : e.h * e.w;
    stretch_ = std::max<std::int64_t>(kStretch, (length_ + kMostStretches - 1) / kMostStretches);
    stretches_ = (length_ + stretch_ - 1) / stretch_;
  }

  std::string implementation() const override { return std::string("own:reduce:") + vector_kernels().name; }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(outer_ * stretches_ * row()) * sizeof(float);
  }

  void run(const Arguments& arguments) const override {
    const float* in = static_cast<const float*>(arguments.inputs[0]);
    float* partial = static_cast<float*>(arguments.scratch);
    float* out = static_cast<float*>(arguments.output);
    parallel_for(outer_ * stretches_, in_.elements(), [&](std::int64_t i) {
      const std::int64_t outer = i / stretches_, begin = i % stretches_ * stretch_;
      reduce(in + (outer * length_ + begin) * row(), std::min(stretch_, length_ - begin), 1,
             partial + i * row());
    });
    const float scale = 1.0F / static_cast<float>(length_);
    for (std::int64_t outer = 0; outer < outer_; ++outer)
      reduce(partial + outer * stretches_ * row(), stretches_, scale, out + outer * row());
  }

 private:
  static constexpr std::int64_t kStretch = 64, kMostStretches = 64;

  std::int64_t row() const { return inner_ * in_.padded; }

  void reduce(const float* in, std::int64_t count, float scale, float* out) const {
    if (reduction_.kind == Reduction::Kind::mean)
      vector_kernels().sum_rows(in, count, row(), scale, out, row());
    else
      vector_kernels().max_rows(in, count, row(), out, row());
  }

  Reduction reduction_;
  Layout in_, out_;
  std::int64_t outer_, length_, inner_;
  std::int64_t stretch_, stretches_;
};

}  // namespace

std::unique_ptr<Kernel> make_pooling(const Pooling& operation, const Layout& in, const Layout& out) {
  return std::make_unique<PoolingKernel>(operation, in, out);
}

std::unique_ptr<Kernel> make_reduction(const Reduction& operation, const Layout& in, const Layout& out) {
  return std::make_unique<ReductionKernel>(operation, in, out);
}

}  // namespace actionflow::kernels
