// Sums, products and maxima of two or more values, extents of 1 repeated; the gradient of a repeated extent
// is a sum over it. Values that all lie alike are taken as one long row.
#include <algorithm>

#include "base/error.h"
#include "models/kernels/f32_chunks.h"
#include "models/kernels/simd/gradient_vectors.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using Kind = Elementwise::Kind;

// A stretch of one row's channels.
struct Stretch {
  std::int64_t row, first, count;
};

struct Operand {
  const float* floats;
  int step;  // 0: one value for all
};

class TrainElementwise final : public TrainKernel {
 public:
  TrainElementwise(const Elementwise& operation, const TrainKernelRequest& r)
      : operation_(operation), in_(r.in), out_(r.out), relu_(r.relu) {
    in_place_ = in_[0] == out_;
    if (std::all_of(in_.begin(), in_.end(), [&](const Layout& layout) { return layout == out_; })) {
      out_ = {.batch = 1, .extents = {.c = out_.elements()}, .padded = out_.elements(), .type = out_.type};
      std::fill(in_.begin(), in_.end(), out_);
    }
    pieces_ = (out_.extents.c + kChunkFloats - 1) / kChunkFloats;
  }

  void forward(const ForwardArguments& a) const override {
    each_stretch([&](const Stretch& s) {
      F32Chunk result_chunk;
      const std::int64_t at = s.row * out_.padded + s.first;
      float* result = chunk_to_store(out_.type, a.output, at, result_chunk);
      combine(a.inputs, s, result);
      if (relu_) kernels::vector_kernels().activate({.kind = ActivationKind::relu}, result, result, s.count);
      store_chunk(out_.type, result, a.output, at, s.count);
      if (s.first + s.count == out_.extents.c)
        clear_chunk(out_.type, a.output, at + s.count, out_.padded - out_.extents.c);
    });
  }

  void backward(const BackwardArguments& a) const override {
    // The first input's last: its gradient may take the place of the output's.
    for (std::size_t i = in_.size(); i-- > 0;) {
      if (a.input_gradients[i] == nullptr) continue;
      if (same_shape(i))
        each_stretch([&](const Stretch& s) { write_gradient(a, i, s); });
      else
        sum_gradient(a, i);
    }
  }

  BackwardReads backward_reads() const override {
    return {std::vector<bool>(in_.size(), operation_.kind != Kind::add), relu_};
  }
  bool works_in_place() const override { return in_place_ && operation_.kind == Kind::add; }
  bool gradient_in_place() const override { return in_place_; }
  std::string implementation() const override { return std::string("own:elementwise:") + map_vectors().name; }

 private:
  // Rows that are summed before they join the total: bounds the rounding of long sums.
  static constexpr std::int64_t kRowsTogether = 64;

  float scale_of(std::size_t operand) const { return operand + 1 == in_.size() ? operation_.scale : 1.0F; }
  bool same_shape(std::size_t i) const { return in_[i].extents == out_.extents; }

  template <class F>
  void each_stretch(F body) const {
    kernels::parallel_for(out_.rows() * pieces_, out_.elements() * 2, [&](std::int64_t i) {
      const std::int64_t first = i % pieces_ * kChunkFloats;
      body(Stretch{i / pieces_, first, std::min(kChunkFloats, out_.extents.c - first)});
    });
  }

  // Which of input i's rows is read for a row of the result.
  std::int64_t row_of(std::size_t i, std::int64_t row) const {
    const Extents &e = out_.extents, &own = in_[i].extents;
    const std::int64_t w = row % e.w, h = row / e.w % e.h, t = row / (e.w * e.h) % e.t;
    const std::int64_t n = row / e.positions();
    return ((n * own.t + (own.t == 1 ? 0 : t)) * own.h + (own.h == 1 ? 0 : h)) * own.w + (own.w == 1 ? 0 : w);
  }

  Operand operand(const std::vector<const void*>& inputs, std::size_t i, const Stretch& s,
                  F32Chunk& chunk) const {
    const Layout& own = in_[i];
    const bool one = own.extents.c == 1 && out_.extents.c > 1;
    const std::int64_t at = row_of(i, s.row) * own.padded + (one ? 0 : s.first);
    return {load_chunk(own.type, inputs[i], at, one ? 1 : s.count, chunk), one ? 0 : 1};
  }

  void combine(const std::vector<const void*>& inputs, const Stretch& s, float* result) const {
    F32Chunk left_chunk, right_chunk;
    Operand left = operand(inputs, 0, s, left_chunk);
    for (std::size_t i = 1; i < in_.size(); ++i) {
      const Operand right = operand(inputs, i, s, right_chunk);
      kernels::vector_kernels().binary(operation_.kind, scale_of(i), left.floats, left.step, right.floats,
                                       right.step, result, s.count);
      left = {result, 1};
    }
  }

  // The gradient of the operation's value, before ReLU and without `scale`.
  const float* value_gradient(const BackwardArguments& a, const Stretch& s, F32Chunk& chunk) const {
    const std::int64_t at = s.row * out_.padded + s.first;
    const float* gradient = load_chunk(out_.type, a.output_gradient, at, s.count, chunk);
    if (relu_) {
      F32Chunk value_chunk;
      const float* value = load_chunk(out_.type, a.output, at, s.count, value_chunk);
      gradient_vectors().activation({.kind = ActivationKind::relu}, nullptr, value, gradient, chunk.floats,
                                    s.count);
      gradient = chunk.floats;
    }
    if (operation_.scale == 1.0F) return gradient;
    kernels::vector_kernels().binary(Kind::multiply, 1, gradient, 1, &operation_.scale, 0, chunk.floats,
                                     s.count);
    return chunk.floats;
  }

  // Input i's gradient for a stretch of the result, before sums over repeated extents.
  const float* input_gradient(const BackwardArguments& a, std::size_t i, const Stretch& s,
                              F32Chunk& chunk) const {
    const float* gradient = value_gradient(a, s, chunk);
    if (operation_.kind == Kind::add) return gradient;
    if (operation_.kind == Kind::maximum) return winner_gradient(a, i, s, gradient, chunk);
    for (std::size_t other = 0; other < in_.size(); ++other) {
      if (other == i) continue;
      F32Chunk factor_chunk;
      const Operand factor = operand(a.inputs, other, s, factor_chunk);
      kernels::vector_kernels().binary(Kind::multiply, 1, gradient, 1, factor.floats, factor.step,
                                       chunk.floats, s.count);
      gradient = chunk.floats;
    }
    return gradient;
  }

  // The first of equal inputs takes it.
  const float* winner_gradient(const BackwardArguments& a, std::size_t i, const Stretch& s,
                               const float* gradient, F32Chunk& chunk) const {
    F32Chunk own, before, after;
    join_greatest(a, i, i + 1, s, own);
    const bool first = i == 0, last = i + 1 == in_.size();
    if (!first) join_greatest(a, 0, i, s, before);
    if (!last) join_greatest(a, i + 1, in_.size(), s, after);
    map_vectors().winner_gradient(own.floats, first ? nullptr : before.floats, last ? nullptr : after.floats,
                                  gradient, chunk.floats, s.count);
    return chunk.floats;
  }

  void join_greatest(const BackwardArguments& a, std::size_t begin, std::size_t end, const Stretch& s,
                     F32Chunk& greatest) const {
    Operand left{nullptr, 1};
    for (std::size_t i = begin; i < end; ++i) {
      F32Chunk chunk;
      const Operand right = operand(a.inputs, i, s, chunk);
      if (left.floats == nullptr) left = right;
      kernels::vector_kernels().binary(Kind::maximum, 1, left.floats, left.step, right.floats, right.step,
                                       greatest.floats, s.count);
      left = {greatest.floats, 1};
    }
  }

  void write_gradient(const BackwardArguments& a, std::size_t i, const Stretch& s) const {
    F32Chunk chunk;
    const Layout& own = in_[i];
    const std::int64_t at = s.row * own.padded + s.first;
    store_chunk(own.type, input_gradient(a, i, s, chunk), a.input_gradients[i], at, s.count);
    if (s.first + s.count == own.extents.c)
      clear_chunk(own.type, a.input_gradients[i], at + s.count, own.padded - own.extents.c);
  }

  void sum_gradient(const BackwardArguments& a, std::size_t i) const {
    const Layout& own = in_[i];
    if (own.extents.c != out_.extents.c)
      return kernels::parallel_for(own.rows(), out_.elements() * 2,
                                   [&](std::int64_t row) { sum_whole_row(a, i, row); });
    kernels::parallel_for(own.rows() * pieces_, out_.elements() * 2, [&](std::int64_t task) {
      const std::int64_t row = task / pieces_, first = task % pieces_ * kChunkFloats;
      const std::int64_t count = std::min(kChunkFloats, own.extents.c - first);
      F32Chunk total;
      sum_rows(a, i, row, first, count, total);
      store_chunk(own.type, total.floats, a.input_gradients[i], row * own.padded + first, count);
      if (first + count == own.extents.c)
        clear_chunk(own.type, a.input_gradients[i], row * own.padded + own.extents.c,
                    own.padded - own.extents.c);
    });
  }

  // One number for all channels.
  void sum_whole_row(const BackwardArguments& a, std::size_t i, std::int64_t row) const {
    const Layout& own = in_[i];
    double sum = 0;
    for (std::int64_t first = 0; first < out_.extents.c; first += kChunkFloats) {
      const std::int64_t count = std::min(kChunkFloats, out_.extents.c - first);
      F32Chunk total;
      sum_rows(a, i, row, first, count, total);
      for (std::int64_t c = 0; c < count; ++c) sum += double{total.floats[c]};
    }
    const float rounded = static_cast<float>(sum);
    store_chunk(own.type, &rounded, a.input_gradients[i], row * own.padded, 1);
    clear_chunk(own.type, a.input_gradients[i], row * own.padded + 1, own.padded - 1);
  }

  // Σ over the result's rows that read row `own_row` of input i.
  void sum_rows(const BackwardArguments& a, std::size_t i, std::int64_t own_row, std::int64_t first,
                std::int64_t count, F32Chunk& total) const {
    F32Chunk block;
    std::fill_n(total.floats, count, 0.0F);
    std::fill_n(block.floats, count, 0.0F);
    std::int64_t rows = 0;
    const auto add = [&](const float* from, float* to) {
      kernels::vector_kernels().binary(Kind::add, 1, from, 1, to, 1, to, count);
    };
    each_reader(i, own_row, [&](std::int64_t row) {
      F32Chunk chunk;
      add(input_gradient(a, i, {row, first, count}, chunk), block.floats);
      if (++rows % kRowsTogether != 0) return;
      add(block.floats, total.floats);
      std::fill_n(block.floats, count, 0.0F);
    });
    add(block.floats, total.floats);
  }

  // body(row of the result) for those that read row `own_row` of input i, in order.
  template <class F>
  void each_reader(std::size_t i, std::int64_t own_row, F body) const {
    const Extents &e = out_.extents, &own = in_[i].extents;
    const std::int64_t w = own_row % own.w, h = own_row / own.w % own.h;
    const std::int64_t t = own_row / (own.w * own.h) % own.t, n = own_row / own.positions();
    const auto range = [](std::int64_t at, std::int64_t own_extent, std::int64_t extent) {
      return own_extent == 1 ? std::pair{std::int64_t{0}, extent} : std::pair{at, at + 1};
    };
    const auto [t0, t1] = range(t, own.t, e.t);
    const auto [h0, h1] = range(h, own.h, e.h);
    const auto [w0, w1] = range(w, own.w, e.w);
    for (std::int64_t ot = t0; ot < t1; ++ot)
      for (std::int64_t oh = h0; oh < h1; ++oh)
        for (std::int64_t ow = w0; ow < w1; ++ow) body(((n * e.t + ot) * e.h + oh) * e.w + ow);
  }

  Elementwise operation_;
  std::vector<Layout> in_;
  Layout out_;
  bool relu_, in_place_ = false;
  std::int64_t pieces_ = 1;
};

}  // namespace

std::unique_ptr<TrainKernel> make_elementwise(const TrainKernelRequest& request) {
  return std::make_unique<TrainElementwise>(std::get<Elementwise>(request.node.operation), request);
}

}  // namespace actionflow::training
