// Values one after another along an axis, and steps of a value along an axis. Each may be of its own type.
#include <algorithm>

#include "models/kernels/f32_chunks.h"
#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/positions.h"

namespace actionflow::kernels {
namespace {

class ConcatKernel final : public Kernel {
 public:
  ConcatKernel(const Concat& operation, const std::vector<Layout>& in, const Layout& out)
      : axis_(operation.axis), in_(in), out_(out) {}

  std::string implementation() const override { return "own:concat"; }
  void run(const Arguments& arguments) const override {
    parallel_for(out_.rows(), out_.elements(), [&](std::int64_t row) {
      const std::int64_t written =
          axis_ == ValueAxis::c ? copy_channels(arguments, row) : copy_position(arguments, row);
      clear_elements({out_.type, arguments.output, row * out_.padded + written}, out_.padded - written);
    });
  }

 private:
  std::int64_t copy_channels(const Arguments& arguments, std::int64_t row) const {
    const Position at = position_of(out_.extents, row);
    std::int64_t channel = 0;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      copy_row(arguments, i, at, {out_.type, arguments.output, row * out_.padded + channel});
      channel += in_[i].extents.c;
    }
    return channel;
  }

  std::int64_t copy_position(const Arguments& arguments, std::int64_t row) const {
    Position at = position_of(out_.extents, row);
    std::int64_t& step = kernels::along(at, axis_);
    std::size_t i = 0;
    for (; step >= actionflow::along(in_[i].extents, axis_); ++i)
      step -= actionflow::along(in_[i].extents, axis_);
    copy_row(arguments, i, at, {out_.type, arguments.output, row * out_.padded});
    return out_.extents.c;
  }

  void copy_row(const Arguments& arguments, std::size_t i, const Position& at, const Element& to) const {
    const std::int64_t from = row_of(in_[i].extents, at) * in_[i].padded;
    copy_elements({in_[i].type, arguments.inputs[i], from}, to, in_[i].extents.c);
  }

  ValueAxis axis_;
  std::vector<Layout> in_;
  Layout out_;
};

// The rows of the whole that repeat one of the part's are summed in order, in f32.
class ConcatGradientKernel final : public Kernel {
 public:
  ConcatGradientKernel(const Concat& operation, std::int64_t first, const Layout& whole, const Layout& part)
      : axis_(operation.axis), first_(first), whole_(whole), part_(part), alike_(whole.extents) {
    actionflow::along(alike_, axis_) = actionflow::along(part.extents, axis_);
  }

  std::string implementation() const override { return "own:concat_gradient"; }
  void run(const Arguments& arguments) const override {
    parallel_for(part_.rows(), whole_.elements(), [&](std::int64_t row) {
      for (std::int64_t c = 0; c < part_.extents.c; c += training::kChunkFloats)
        add_row(arguments, row, c, std::min(training::kChunkFloats, part_.extents.c - c));
      clear_elements({part_.type, arguments.output, row * part_.padded + part_.extents.c},
                     part_.padded - part_.extents.c);
    });
  }

 private:
  void add_row(const Arguments& arguments, std::int64_t row, std::int64_t channel, std::int64_t count) const {
    const Position own = position_of(part_.extents, row);
    const std::int64_t channel_there = channel + (axis_ == ValueAxis::c ? first_ : 0);
    training::F32Chunk sum;
    std::fill_n(sum.floats, count, 0.0F);
    each_reader(part_.extents, alike_, own, [&](Position there) {
      if (axis_ != ValueAxis::c) kernels::along(there, axis_) += first_;
      training::F32Chunk chunk;
      const std::int64_t at = row_of(whole_.extents, there) * whole_.padded + channel_there;
      const float* more = training::load_chunk(whole_.type, arguments.inputs[0], at, count, chunk);
      vector_kernels().binary(Elementwise::Kind::add, 1, sum.floats, 1, more, 1, sum.floats, count);
    });
    training::store_chunk(part_.type, sum.floats, arguments.output, row * part_.padded + channel, count);
  }

  ValueAxis axis_;
  std::int64_t first_;
  Layout whole_, part_;
  Extents alike_;  // the whole's, as long along the axis as the part
};

class SliceKernel final : public Kernel {
 public:
  SliceKernel(const Slice& operation, const Layout& in, const Layout& out)
      : slice_(operation), in_(in), out_(out) {}

  std::string implementation() const override { return "own:slice"; }
  void run(const Arguments& arguments) const override {
    const std::int64_t channels = out_.extents.c;
    parallel_for(out_.rows(), out_.elements(), [&](std::int64_t row) {
      Position at = position_of(out_.extents, row);
      std::int64_t first = 0;
      (slice_.axis == ValueAxis::c ? first : kernels::along(at, slice_.axis)) += slice_.begin;
      copy_elements({in_.type, arguments.inputs[0], row_of(in_.extents, at) * in_.padded + first},
                    {out_.type, arguments.output, row * out_.padded}, channels);
      clear_elements({out_.type, arguments.output, row * out_.padded + channels}, out_.padded - channels);
    });
  }

 private:
  Slice slice_;
  Layout in_, out_;
};

}  // namespace

std::unique_ptr<Kernel> make_concat(const Concat& operation, const std::vector<Layout>& in,
                                    const Layout& out) {
  return std::make_unique<ConcatKernel>(operation, in, out);
}
std::unique_ptr<Kernel> make_concat_gradient(const Concat& operation, std::int64_t first, const Layout& whole,
                                             const Layout& part) {
  return std::make_unique<ConcatGradientKernel>(operation, first, whole, part);
}
std::unique_ptr<Kernel> make_slice(const Slice& operation, const Layout& in, const Layout& out) {
  return std::make_unique<SliceKernel>(operation, in, out);
}

}  // namespace actionflow::kernels
