// Two passes over memory each way: sums, then values. ReLU's mask is computed again from the input, so the
// output need not stand until backward.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/kernels/batch_norm/norm_sums.h"
#include "models/kernels/parallel.h"
#include "models/kernels/scratch.h"
#include "models/kernels/simd/map_vectors.h"
#include "models/kernels/train_kernel.h"

namespace actionflow::training {
namespace {

using kernels::ElementType;

// Rows in the order that sums are taken in: blocks that f32 sums are exact enough for and that stay in the
// nearest cache, and stretches of blocks that threads take, summed in double. The shape alone decides.
struct Blocks {
  static constexpr std::int64_t kBlockElements = 16384, kMostRows = 256, kMostStretches = 64;

  explicit Blocks(const Layout& layout) : rows(layout.rows()) {
    block = std::clamp<std::int64_t>(kBlockElements / layout.padded, 1, kMostRows);
    const std::int64_t blocks = (rows + block - 1) / block;
    stretch = block * std::max<std::int64_t>(4, (blocks + kMostStretches - 1) / kMostStretches);
    stretches = (rows + stretch - 1) / stretch;
  }

  // body(first row, count) for the blocks of a stretch.
  template <class F>
  void each_block(std::int64_t stretch_index, F body) const {
    const std::int64_t end = std::min(rows, (stretch_index + 1) * stretch);
    for (std::int64_t row = stretch_index * stretch; row < end; row += block)
      body(row, std::min(block, end - row));
  }
  std::int64_t rows_of(std::int64_t stretch_index) const {
    return std::min(stretch, rows - stretch_index * stretch);
  }

  std::int64_t rows = 0, block = 1, stretch = 1, stretches = 1;
};

class TrainBatchNorm final : public TrainKernel {
 public:
  explicit TrainBatchNorm(const TrainKernelRequest& r)
      : norm_(std::get<BatchNorm>(r.node.operation)),
        layout_(r.out),
        blocks_(r.out),
        relu_(r.relu),
        frozen_(r.frozen_statistics) {
    for (std::size_t i = 0; i < r.node.parameters.size(); ++i) {
      const std::string& role = r.node.parameters[i].role;
      const int index = static_cast<int>(i);
      if (role == "gamma") gamma_ = index;
      if (role == "beta") beta_ = index;
      if (role == "moving_mean") moving_mean_ = index;
      if (role == "moving_variance") moving_variance_ = index;
    }
    wants_gamma_ = gamma_ >= 0 && r.wants_parameter_gradient[static_cast<std::size_t>(gamma_)];
    saved_.mean = saved_pieces_.add_floats(layout_.padded);
    saved_.inverse = saved_pieces_.add_floats(layout_.padded);
    saved_.scale = saved_pieces_.add_floats(layout_.padded);
    saved_.shift = saved_pieces_.add_floats(layout_.padded);
    sums_at_ = pieces_.add_floats(4 * layout_.padded * blocks_.stretches);  // two doubles each
    totals_at_ = pieces_.add_floats(4 * layout_.padded);
    slope_at_ = pieces_.add_floats(3 * layout_.padded);
    blocks_at_ = pieces_.add_floats(2 * layout_.padded * blocks_.stretches);
  }

  void forward(const ForwardArguments& a) const override {
    std::byte* saved = static_cast<std::byte*>(a.saved);
    if (frozen_) {
      set_coefficients(a, a.parameters[index(moving_mean_)], a.parameters[index(moving_variance_)]);
    } else {
      const bool is_whole = a.sums.parts.empty();
      const NormSums sums = is_whole ? add_up(a) : totals(a.scratch);
      const double rows = is_whole ? own_rows() : variance_of(a.sums.parts, sums);
      if (is_whole) divide(sums, rows);
      if (is_whole) move(a.parameters, sums, rows);
      set_coefficients(a, sums.first, sums.second);
    }
    const NormRows whole = rows_of(a.inputs[0], saved);
    // Backwards: what was read last is still near.
    each_stretch(true, [&](std::int64_t stretch) {
      blocks_.each_block(stretch, [&](std::int64_t row, std::int64_t count) {
        map_vectors().norm(part(whole, row, count), at_row(a.output, row));
      });
    });
  }

  void backward(const BackwardArguments& a) const override {
    const auto* saved = static_cast<const std::byte*>(a.saved);
    // Without need of the input its place is taken by anything finite.
    const NormRows whole = rows_of(reads_input() ? a.inputs[0] : a.output_gradient, saved);
    const bool sums_wanted = !frozen_ || gradient(a, gamma_) != nullptr || gradient(a, beta_) != nullptr;
    const auto* inverse = piece<float>(saved, saved_.inverse);
    ConstNormSums own, all;
    double rows = own_rows();
    if (!a.sums.parts.empty()) {
      const PartNormSums parts(a.sums.parts, layout_.padded);
      const NormSums total = totals(a.scratch);
      parts.add_into(total);
      own = parts.of(a.sums.own);
      all = total;
      rows = parts.rows();
    } else if (sums_wanted) {
      own = all = find_gradient_sums(a, whole);
    }
    if (sums_wanted) add_parameter_gradients(a, own, inverse);
    if (a.input_gradients[0] == nullptr) return;
    const NormSlope slope = slope_of(a, all, rows, inverse);
    each_stretch(true, [&](std::int64_t stretch) {
      blocks_.each_block(stretch, [&](std::int64_t row, std::int64_t count) {
        map_vectors().norm_gradient(part(whole, row, count), slope, at_row(a.output_gradient, row),
                                    at_row(a.input_gradients[0], row));
      });
    });
  }

  std::size_t batch_sums() const override { return frozen_ ? 0 : PartNormSums::size(layout_.padded); }
  void forward_sums(const ForwardArguments& a, std::span<double> to) const override {
    PartNormSums::store(own_rows(), add_up(a), layout_.padded, to);
  }
  void backward_sums(const BackwardArguments& a, std::span<double> to) const override {
    const NormRows whole = rows_of(a.inputs[0], static_cast<const std::byte*>(a.saved));
    PartNormSums::store(own_rows(), find_gradient_sums(a, whole), layout_.padded, to);
  }
  void move_statistics(std::span<float* const> parameters, std::span<const double> parts) const override {
    std::vector<double> memory(2 * static_cast<std::size_t>(layout_.padded));
    const NormSums sums{memory.data(), memory.data() + layout_.padded};
    move(parameters, sums, variance_of(parts, sums));
  }

  BackwardReads backward_reads() const override { return {{reads_input()}, false}; }
  std::size_t saved_bytes() const override { return saved_pieces_.bytes(); }
  std::size_t forward_scratch_bytes() const override { return frozen_ ? 0 : pieces_.bytes(); }
  std::size_t backward_scratch_bytes() const override { return pieces_.bytes(); }
  bool works_in_place() const override { return !reads_input(); }
  bool gradient_in_place() const override { return true; }
  std::string implementation() const override { return std::string("own:batch_norm:") + map_vectors().name; }

 private:
  static std::size_t index(int parameter) { return static_cast<std::size_t>(parameter); }
  static float* gradient(const BackwardArguments& a, int parameter) {
    return parameter < 0 ? nullptr : a.parameter_gradients[index(parameter)];
  }
  bool reads_input() const { return !frozen_ || wants_gamma_ || relu_; }
  std::int64_t channels() const { return layout_.extents.c; }

  const void* at_row(const void* memory, std::int64_t row) const {
    return static_cast<const std::byte*>(memory) +
           static_cast<std::size_t>(row * layout_.padded) * kernels::bytes_of(layout_.type);
  }
  void* at_row(void* memory, std::int64_t row) const {
    return const_cast<void*>(at_row(static_cast<const void*>(memory), row));
  }

  NormRows rows_of(const void* in, const std::byte* saved) const {
    return {.in = in,
            .rows = layout_.rows(),
            .n = layout_.padded,
            .bf16 = layout_.type == ElementType::bf16,
            .relu = relu_,
            .mean = piece<float>(saved, saved_.mean),
            .scale = piece<float>(saved, saved_.scale),
            .shift = piece<float>(saved, saved_.shift)};
  }
  NormRows part(NormRows rows, std::int64_t first, std::int64_t count) const {
    rows.in = at_row(rows.in, first);
    rows.rows = count;
    return rows;
  }

  template <class F>
  void each_stretch(bool backwards, F body) const {
    kernels::parallel_for(blocks_.stretches, layout_.elements(),
                          [&](std::int64_t i) { body(backwards ? blocks_.stretches - 1 - i : i); });
  }

  // f32 sums of a block, and double ones of a stretch, in scratch.
  struct Partial {
    float *block_first, *block_second;
    double *first, *second;
  };
  Partial partial(void* scratch, std::int64_t stretch) const {
    const std::int64_t n = layout_.padded;
    float* blocks = piece<float>(scratch, blocks_at_) + 2 * n * stretch;
    double* sums = piece<double>(scratch, sums_at_) + 2 * n * stretch;
    std::fill_n(sums, 2 * n, 0.0);
    return {blocks, blocks + n, sums, sums + n};
  }
  NormSums totals(void* scratch) const {
    double* totals = piece<double>(scratch, totals_at_);
    std::fill_n(totals, 2 * layout_.padded, 0.0);
    return {totals, totals + layout_.padded};
  }

  void sum_stretch(const NormRows& whole, std::int64_t stretch, const Partial& p) const {
    double before = 0;
    blocks_.each_block(stretch, [&](std::int64_t row, std::int64_t count) {
      map_vectors().norm_sums(part(whole, row, count), p.block_first, p.block_second);
      const auto rows = static_cast<double>(count);
      for (std::int64_t c = 0; c < layout_.padded; ++c)
        merge(rows, double{p.block_first[c]} / rows, p.block_second[c], p.first[c], p.second[c], before);
      before += rows;
    });
  }

  double own_rows() const { return static_cast<double>(layout_.rows()); }
  void divide(const NormSums& sums, double rows) const {
    for (std::int64_t c = 0; c < layout_.padded; ++c) sums.second[c] /= rows;
  }
  // Mean and variance of all parts, into what is zero; returns their rows.
  double variance_of(std::span<const double> all, const NormSums& to) const {
    const PartNormSums parts(all, layout_.padded);
    parts.merge_into(to);
    divide(to, parts.rows());
    return parts.rows();
  }

  // Mean and Σ(x − mean)², in scratch.
  NormSums add_up(const ForwardArguments& a) const {
    const NormRows whole = rows_of(a.inputs[0], static_cast<const std::byte*>(a.saved));
    each_stretch(false,
                 [&](std::int64_t stretch) { sum_stretch(whole, stretch, partial(a.scratch, stretch)); });
    const NormSums total = totals(a.scratch);
    const double* sums = piece<double>(a.scratch, sums_at_);
    double before = 0;
    for (std::int64_t s = 0; s < blocks_.stretches; ++s, sums += 2 * layout_.padded) {
      const auto rows = static_cast<double>(blocks_.rows_of(s));
      for (std::int64_t c = 0; c < layout_.padded; ++c)
        merge(rows, sums[c], sums[layout_.padded + c], total.first[c], total.second[c], before);
      before += rows;
    }
    return total;
  }

  // A single row has no variance to learn from.
  void move(std::span<float* const> parameters, const NormSums& batch, double rows) const {
    if (rows == 1) return;
    const double kept = norm_.momentum;
    const double unbiased = rows / (rows - 1);
    float *mean = parameters[index(moving_mean_)], *variance = parameters[index(moving_variance_)];
    for (std::int64_t c = 0; c < channels(); ++c) {
      mean[c] = static_cast<float>(kept * double{mean[c]} + (1 - kept) * batch.first[c]);
      variance[c] = static_cast<float>(kept * double{variance[c]} + (1 - kept) * unbiased * batch.second[c]);
    }
  }

  template <class T>
  void set_coefficients(const ForwardArguments& a, const T* mean, const T* variance) const {
    float *means = piece<float>(a.saved, saved_.mean), *inverses = piece<float>(a.saved, saved_.inverse);
    float *scales = piece<float>(a.saved, saved_.scale), *shifts = piece<float>(a.saved, saved_.shift);
    for (float* values : {means, inverses, scales, shifts}) std::fill_n(values, layout_.padded, 0.0F);
    for (std::int64_t c = 0; c < channels(); ++c) {
      const double inverse = 1 / std::sqrt(double{variance[c]} + double{norm_.epsilon});
      means[c] = static_cast<float>(mean[c]);
      inverses[c] = static_cast<float>(inverse);
      scales[c] = static_cast<float>(inverse * (gamma_ < 0 ? 1.0 : double{a.parameters[index(gamma_)][c]}));
      shifts[c] = beta_ < 0 ? 0.0F : a.parameters[index(beta_)][c];
    }
  }

  NormSums find_gradient_sums(const BackwardArguments& a, const NormRows& whole) const {
    each_stretch(false, [&](std::int64_t stretch) {
      const Partial p = partial(a.scratch, stretch);
      blocks_.each_block(stretch, [&](std::int64_t row, std::int64_t count) {
        map_vectors().norm_gradient_sums(part(whole, row, count), at_row(a.output_gradient, row),
                                         p.block_first, p.block_second);
        for (std::int64_t c = 0; c < layout_.padded; ++c) {
          p.first[c] += double{p.block_first[c]};
          p.second[c] += double{p.block_second[c]};
        }
      });
    });
    const NormSums total = totals(a.scratch);
    const double* sums = piece<double>(a.scratch, sums_at_);
    for (std::int64_t s = 0; s < blocks_.stretches; ++s, sums += 2 * layout_.padded)
      for (std::int64_t c = 0; c < layout_.padded; ++c) {
        total.first[c] += sums[c];
        total.second[c] += sums[layout_.padded + c];
      }
    return total;
  }

  void add_parameter_gradients(const BackwardArguments& a, ConstNormSums sums, const float* inverse) const {
    float *gamma = gradient(a, gamma_), *beta = gradient(a, beta_);
    for (std::int64_t c = 0; c < channels(); ++c) {
      if (gamma != nullptr) gamma[c] += static_cast<float>(sums.second[c] * double{inverse[c]});
      if (beta != nullptr) beta[c] += static_cast<float>(sums.first[c]);
    }
  }

  // dx = scale·(g − mean(g) − x̂·mean(g·x̂)); scale·g alone where the statistics are constants.
  NormSlope slope_of(const BackwardArguments& a, ConstNormSums sums, double rows,
                     const float* inverse) const {
    const std::int64_t n = layout_.padded;
    float* slope = piece<float>(a.scratch, slope_at_);
    std::fill_n(slope, 3 * n, 0.0F);
    const float* scale = piece<float>(a.saved, saved_.scale);
    for (std::int64_t c = 0; c < channels(); ++c) {
      slope[c] = scale[c];
      if (frozen_) continue;
      const double over_rows = double{scale[c]} / rows;
      slope[n + c] = static_cast<float>(-over_rows * sums.first[c]);
      slope[2 * n + c] =
          static_cast<float>(-over_rows * sums.second[c] * double{inverse[c]} * double{inverse[c]});
    }
    return {slope, slope + n, slope + 2 * n};
  }

  BatchNorm norm_;
  Layout layout_;
  Blocks blocks_;
  bool relu_, frozen_, wants_gamma_ = false;
  int gamma_ = -1, beta_ = -1, moving_mean_ = -1, moving_variance_ = -1;
  Pieces saved_pieces_, pieces_;
  struct {
    std::size_t mean = 0, inverse = 0, scale = 0, shift = 0;
  } saved_;
  std::size_t sums_at_ = 0, totals_at_ = 0, slope_at_ = 0, blocks_at_ = 0;
};

}  // namespace

std::unique_ptr<TrainKernel> make_batch_norm(const TrainKernelRequest& request) {
  if (request.in[0] != request.out)
    throw ModelError(fmt::format("{}: batch norm's value has to lie as its input", request.node.name));
  return std::make_unique<TrainBatchNorm>(request);
}

}  // namespace actionflow::training
