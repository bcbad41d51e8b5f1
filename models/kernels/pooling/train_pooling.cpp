// Pooling in windows. Max pooling remembers by each result which tap of its window won; backward gathers, for
// each input, what the windows around it give back.
#include <algorithm>

#include "base/error.h"
#include "models/kernels/operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;

std::size_t position_bytes(const Layout& layout) {
  return static_cast<std::size_t>(layout.padded) * kernels::bytes_of(layout.type);
}

class TrainPooling final : public TrainKernel {
 public:
  TrainPooling(const Pooling& operation, const TrainKernelRequest& r)
      : pool_(operation),
        in_(r.in[0]),
        out_(r.out),
        wide_(taps() > 256),
        average_(maximum() ? nullptr : kernels::make_pooling(operation, in_, out_)) {
    pointers_at_ =
        forward_pieces_.add(static_cast<std::size_t>(output_rows() * window_rows()) * sizeof(void*));
    first_taps_at_ =
        forward_pieces_.add(static_cast<std::size_t>(output_rows() * window_rows()) * sizeof(std::int64_t));
  }

  void forward(const ForwardArguments& a) const override {
    if (average_ != nullptr)
      return average_->run({.inputs = a.inputs, .output = a.output, .scratch = a.scratch});
    kernels::parallel_for(output_rows(), out_.elements() * taps() / 4,
                          [&](std::int64_t row) { forward_row(a, row); });
  }

  void backward(const BackwardArguments& a) const override {
    if (a.input_gradients[0] == nullptr) return;
    kernels::parallel_for(input_rows(), out_.elements() * taps() / 4,
                          [&](std::int64_t row) { backward_row(a, row); });
  }

  BackwardReads backward_reads() const override { return {{false}, false}; }
  std::size_t saved_bytes() const override {
    return maximum() ? static_cast<std::size_t>(out_.elements()) * (wide_ ? 2 : 1) : 0;
  }
  std::size_t forward_scratch_bytes() const override {
    return average_ != nullptr ? average_->scratch_bytes() : forward_pieces_.bytes();
  }
  std::size_t backward_scratch_bytes() const override {
    return static_cast<std::size_t>(input_rows() * window_rows()) * 3 * sizeof(std::int64_t);
  }
  std::string implementation() const override { return std::string("own:pool:") + map_vectors().name; }

 private:
  bool maximum() const { return pool_.kind == Pooling::Kind::max; }
  std::int64_t window_rows() const { return std::int64_t{pool_.kernel[0]} * pool_.kernel[1]; }
  std::int64_t taps() const { return window_rows() * pool_.kernel[2]; }
  std::int64_t output_rows() const { return out_.batch * out_.extents.t * out_.extents.h; }
  std::int64_t input_rows() const { return in_.batch * in_.extents.t * in_.extents.h; }

  // body(tap, position in the input) for the taps of an output's window along an axis that lie inside.
  template <class F>
  void inside(std::size_t axis, std::int64_t out, std::int64_t extent, F body) const {
    const std::int64_t begin = out * pool_.stride[axis] - pool_.pad_begin[axis];
    for (std::int64_t tap = 0; tap < pool_.kernel[axis]; ++tap)
      if (begin + tap >= 0 && begin + tap < extent) body(tap, begin + tap);
  }
  std::int64_t count_inside(std::size_t axis, std::int64_t out, std::int64_t extent) const {
    std::int64_t count = 0;
    inside(axis, out, extent, [&](std::int64_t, std::int64_t) { ++count; });
    return count;
  }

  // body(output, tap) for the windows along an axis that hold the input at `in`.
  template <class F>
  void holders(std::size_t axis, std::int64_t in, std::int64_t extent, F body) const {
    const std::int64_t reach = in + pool_.pad_begin[axis], stride = pool_.stride[axis];
    const std::int64_t before = reach - pool_.kernel[axis] + 1;
    const std::int64_t first = before <= 0 ? 0 : (before + stride - 1) / stride;
    for (std::int64_t out = first; out < std::min(extent, reach / stride + 1); ++out)
      body(out, reach - out * stride);
  }

  void forward_row(const ForwardArguments& a, std::int64_t row) const {
    const std::int64_t oh = row % out_.extents.h, ot = row / out_.extents.h % out_.extents.t;
    const std::int64_t n = row / (out_.extents.h * out_.extents.t);
    const auto* in = static_cast<const std::byte*>(a.inputs[0]);
    const void** rows = piece<const void*>(a.scratch, pointers_at_) + row * window_rows();
    auto* first_taps = piece<std::int64_t>(a.scratch, first_taps_at_) + row * window_rows();
    std::int64_t count = 0;
    inside(0, ot, in_.extents.t, [&](std::int64_t kt, std::int64_t t) {
      inside(1, oh, in_.extents.h, [&](std::int64_t kh, std::int64_t h) {
        const std::int64_t position = ((n * in_.extents.t + t) * in_.extents.h + h) * in_.extents.w;
        rows[count] = in + static_cast<std::size_t>(position) * position_bytes(in_);
        first_taps[count++] = (kt * pool_.kernel[1] + kh) * pool_.kernel[2];
      });
    });
    const std::int64_t position = row * out_.extents.w;
    map_vectors().max_pool(
        {.pool = {.rows = rows,
                  .row_count = count,
                  .in_width = in_.extents.w,
                  .in_padded = in_.padded,
                  .out_width = out_.extents.w,
                  .out_padded = out_.padded,
                  .channels = out_.padded,
                  .kernel = pool_.kernel[2],
                  .stride = pool_.stride[2],
                  .pad = pool_.pad_begin[2],
                  .out = static_cast<std::byte*>(a.output) +
                         static_cast<std::size_t>(position) * position_bytes(out_),
                  .in_type = in_.type,
                  .out_type = out_.type},
         .first_taps = first_taps,
         .taps = static_cast<std::byte*>(a.saved) + position * out_.padded * (wide_ ? 2 : 1),
         .wide = wide_});
  }

  void backward_row(const BackwardArguments& a, std::int64_t row) const {
    const std::int64_t h = row % in_.extents.h, t = row / in_.extents.h % in_.extents.t;
    const std::int64_t n = row / (in_.extents.h * in_.extents.t);
    std::int64_t* rows = static_cast<std::int64_t*>(a.scratch) + row * window_rows() * 3;
    std::int64_t *first_taps = rows + window_rows(), *inside_rows = first_taps + window_rows();
    std::int64_t count = 0;
    holders(0, t, out_.extents.t, [&](std::int64_t ot, std::int64_t kt) {
      holders(1, h, out_.extents.h, [&](std::int64_t oh, std::int64_t kh) {
        rows[count] = ((n * out_.extents.t + ot) * out_.extents.h + oh) * out_.extents.w;
        inside_rows[count] = count_inside(0, ot, in_.extents.t) * count_inside(1, oh, in_.extents.h);
        first_taps[count++] = (kt * pool_.kernel[1] + kh) * pool_.kernel[2];
      });
    });
    const std::size_t at = static_cast<std::size_t>(row * in_.extents.w) * position_bytes(in_);
    const PoolGradientRow work{.rows = rows,
                               .first_taps = first_taps,
                               .inside = inside_rows,
                               .row_count = count,
                               .in_width = in_.extents.w,
                               .out_width = out_.extents.w,
                               .n = in_.padded,
                               .kernel = pool_.kernel[2],
                               .stride = pool_.stride[2],
                               .pad = pool_.pad_begin[2],
                               .full_count = pool_.count_padding ? taps() : 0,
                               .gradient = a.output_gradient,
                               .taps = a.saved,
                               .out = static_cast<std::byte*>(a.input_gradients[0]) + at,
                               .bf16_in = in_.type == ElementType::bf16,
                               .bf16_out = out_.type == ElementType::bf16,
                               .wide = wide_};
    if (maximum())
      map_vectors().max_pool_gradient(work);
    else
      map_vectors().average_pool_gradient(work);
  }

  Pooling pool_;
  Layout in_, out_;
  bool wide_;
  std::unique_ptr<kernels::Kernel> average_;
  Pieces forward_pieces_;
  std::size_t pointers_at_ = 0, first_taps_at_ = 0;
};

}  // namespace

std::unique_ptr<TrainKernel> make_pooling(const TrainKernelRequest& request) {
  const Layout &in = request.in[0], &out = request.out;
  const auto& operation = std::get<Pooling>(request.node.operation);
  if (in.padded != out.padded || (in.type == ElementType::f32 && out.type == ElementType::bf16))
    throw ModelError(request.node.name + ": a pool's value has to lie as its input");
  const std::int64_t taps = std::int64_t{operation.kernel[0]} * operation.kernel[1] * operation.kernel[2];
  if (taps > 65536) throw ModelError(request.node.name + ": a pool of more than 65,536 taps is not trained");
  return std::make_unique<TrainPooling>(operation, request);
}

}  // namespace actionflow::training
