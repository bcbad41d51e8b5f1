#include "models/kernels/depthwise/depthwise.h"

#include <omp.h>

#include <algorithm>
#include <optional>
#include <string>

#include "models/kernels/aligned_floats.h"
#include "models/kernels/convolution/row_order.h"
#include "models/kernels/depthwise/depthwise_loops.h"
#include "models/kernels/depthwise/ring.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/parallel.h"

namespace actionflow::kernels {
namespace {

constexpr std::int64_t kMostRows = 64;  // of a kernel, over time and height

// [block][row][vector][lane] of `rows` rows of `channels` values, each given by value(row, channel).
template <class F>
AlignedFloats by_blocks(const depthwise::Ring& ring, std::int64_t rows, std::int64_t channels, F value) {
  const std::int64_t block = ring.block_channels(), lanes = depthwise::loops().lanes;
  AlignedFloats result(static_cast<std::size_t>(ring.blocks() * rows * block));
  for (std::int64_t c = 0; c < channels; ++c) {
    const std::int64_t at = c / block, within = c % block, row = ring.vectors(at) * lanes;
    for (std::int64_t r = 0; r < rows; ++r) result.data()[at * rows * block + r * row + within] = value(r, c);
  }
  return result;
}

// What the loops apply themselves: nothing or one activation.
std::optional<Activation> only_activation(const std::vector<PostOperation>& posts) {
  if (posts.size() != 1) return std::nullopt;
  const auto* activation = std::get_if<Activation>(&posts.front());
  return activation == nullptr ? std::nullopt : std::optional(*activation);
}
bool applied_by_loops(const std::vector<PostOperation>& posts) {
  return posts.empty() || only_activation(posts).has_value();
}

// The product before, laid out for the loops.
struct Expansion {
  Expansion(const depthwise::Ring& ring, const ConvolutionProblem& p)
      : depth(p.in.extents.c),
        weights(by_blocks(ring, depth, p.out.extents.c,
                          [&](std::int64_t k, std::int64_t c) {
                            return p.kernel[static_cast<std::size_t>(c * depth + k)];
                          })),
        bias(aligned(p.bias, ring.blocks() * ring.block_channels())),
        activation(only_activation(p.post_operations)) {}

  std::int64_t depth;
  AlignedFloats weights, bias;
  std::optional<Activation> activation;
};

class DepthwiseConvolution final : public Kernel {
 public:
  explicit DepthwiseConvolution(const ConvolutionProblem& p, const ConvolutionProblem* product = nullptr)
      : operation_(p.operation),
        in_(p.in),
        out_(p.out),
        read_(product == nullptr ? p.in : product->in),
        threads_(omp_get_max_threads()),
        ring_(p.operation, p.in, p.out, threads_),
        taps_(p.kernel_taps()),
        weights_(lay_out(p)),
        bias_(aligned(p.bias, ring_.blocks() * ring_.block_channels())),
        activation_(only_activation(p.post_operations)) {
    if (product != nullptr) expansion_.emplace(ring_, *product);
    if (!applied_by_loops(p.post_operations)) rest_ = RowPostOperations(p.post_operations, p.out.padded);
  }

  std::string implementation() const override {
    return std::string(expansion_ ? "own:expand+depthwise:" : "own:depthwise:") + loops_.name;
  }
  std::size_t weight_bytes() const override {
    return (weights_.size() + (expansion_ ? expansion_->weights.size() : 0)) * sizeof(float);
  }
  std::size_t scratch_bytes() const override { return static_cast<std::size_t>(threads_) * ring_bytes(); }

  void run(const Arguments& arguments) const override {
    const std::int64_t depth = expansion_ ? expansion_->depth : 0;
    const std::int64_t work = out_.elements() * taps_ + in_.elements() * depth;
    const int threads = work < kWorthThreads ? 1 : std::min(threads_, omp_get_max_threads());
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (std::int64_t i = 0; i < ring_.tasks(); ++i) run_task(arguments, ring_.task(i));
    if (rest_.empty()) return;
    const std::int64_t width = out_.extents.w, rows = out_.rows() / width;
    parallel_for(rows, out_.elements(),
                 [&](std::int64_t row) { rest_.apply(arguments, row * width, width); });
  }

 private:
  using Task = depthwise::Task;

  std::size_t ring_bytes() const { return (ring_.bytes() + 63) / 64 * 64; }

  // [block][vector][tap][lane]
  AlignedFloats lay_out(const ConvolutionProblem& p) const {
    const std::int64_t lanes = loops_.lanes;
    AlignedFloats result(static_cast<std::size_t>(ring_.blocks() * ring_.block_channels() * taps_));
    for (std::int64_t c = 0; c < p.operation.filters; ++c)
      for (std::int64_t tap = 0; tap < taps_; ++tap)
        result.data()[(c / lanes * taps_ + tap) * lanes + c % lanes] =
            p.kernel[static_cast<std::size_t>(c * taps_ + tap)];
    return result;
  }

  void run_task(const Arguments& arguments, const Task& task) const {
    auto* ring = static_cast<float*>(
        static_cast<void*>(static_cast<std::byte*>(arguments.scratch) +
                           static_cast<std::size_t>(omp_get_thread_num()) * ring_bytes()));
    ring_.clear_padding(ring);
    std::int64_t filled = 0;
    for (std::int64_t t = 0; t < out_.extents.t; ++t) {
      const depthwise::Frames frames = ring_.frames(t);
      for (filled = std::max(filled, frames.begin); filled < frames.end; ++filled)
        for (std::int64_t h = task.in_begin; h < task.in_end; ++h) fill(arguments, task, filled, h, ring);
      for (std::int64_t h = task.begin; h < task.end; ++h) convolve(arguments, task, t, h, ring);
    }
  }

  void fill(const Arguments& arguments, const Task& task, std::int64_t t, std::int64_t h, float* ring) const {
    const std::int64_t row = (task.clip * in_.extents.t + t) * in_.extents.h + h;
    depthwise::Fill f;
    f.in = static_cast<const float*>(arguments.inputs[0]) +
           (row * in_.extents.w + ring_.first_position()) * read_.padded;
    f.in_stride = read_.padded;
    f.positions = ring_.positions();
    f.vectors = ring_.vectors(task.block);
    f.out = ring_.row(ring, task, t, h) + ring_.offset();
    f.vector_stride = ring_.vector_stride();
    const std::int64_t channel = task.block * ring_.block_channels();
    if (!expansion_) {
      f.in += channel;
      return loops_.copy(f);
    }
    f.depth = expansion_->depth;
    f.weights = expansion_->weights.data() + channel * f.depth;
    f.bias = expansion_->bias.data() + channel;
    f.activation = expansion_->activation ? &*expansion_->activation : nullptr;
    loops_.multiply(f);
  }

  void convolve(const Arguments& arguments, const Task& task, std::int64_t t, std::int64_t h,
                float* ring) const {
    const std::int64_t channel = task.block * ring_.block_channels();
    const float* rows[kMostRows];
    const float* weights[kMostRows];
    std::int64_t count = 0;
    for_each_row_tap(operation_, in_.extents, t, h, [&](std::int64_t row, std::int64_t tap) {
      rows[count] = ring_.row(ring, task, row / in_.extents.h, row % in_.extents.h);
      weights[count++] = weights_.data() + channel * taps_ + tap * operation_.kernel[2] * loops_.lanes;
    });
    depthwise::Row r;
    r.rows = rows;
    r.weights = weights;
    r.row_count = count;
    r.outputs = out_.extents.w;
    r.vectors = ring_.vectors(task.block);
    r.padding = ring_.padding(task.block);
    r.vector_stride = ring_.vector_stride();
    r.weights_stride = taps_ * loops_.lanes;
    r.kernel = operation_.kernel[2];
    r.stride = operation_.stride[2];
    r.dilation = operation_.dilation[2];
    r.bias = bias_.data() + channel;
    r.activation = activation_ ? &*activation_ : nullptr;
    const std::int64_t row = (task.clip * out_.extents.t + t) * out_.extents.h + h;
    r.out = static_cast<float*>(arguments.output) + row * out_.extents.w * out_.padded + channel;
    r.out_stride = out_.padded;
    loops_.convolve(r);
  }

  const depthwise::Loops& loops_ = depthwise::loops();
  Convolution operation_;
  Layout in_, out_, read_;  // of the depthwise convolution; what a run reads
  int threads_;
  depthwise::Ring ring_;
  std::int64_t taps_;
  AlignedFloats weights_, bias_;
  std::optional<Activation> activation_;
  std::optional<Expansion> expansion_;
  RowPostOperations rest_;
};

bool fits(const ConvolutionProblem& p) {
  const Convolution& c = p.operation;
  return c.groups > 1 && c.groups == p.in.extents.c && c.filters == c.groups && p.in.padded == p.out.padded &&
         p.out.padded % kChannelBlock == 0 && std::int64_t{1} * c.kernel[0] * c.kernel[1] <= kMostRows &&
         p.in.type == ElementType::f32 && p.out.type == ElementType::f32;
}

// The product's input is read once for each block of its outputs, which must cost less than its result does
// when it goes through memory: written, fetched to be written, and read. What the second cache holds is
// cheap.
bool pays(const ConvolutionProblem& product) {
  constexpr std::int64_t kCheapFrame = 256 * 1024 / 4, kPasses = 3;
  const std::int64_t block = 2 * depthwise::loops().lanes;
  const std::int64_t again = (product.out.padded + block - 1) / block - 1;
  return product.in.frame() <= kCheapFrame || again * product.in.padded <= kPasses * product.out.padded;
}

}  // namespace

std::unique_ptr<Kernel> depthwise_convolution(const ConvolutionProblem& p) {
  if (!fits(p) || adds_in_place(p.post_operations)) return nullptr;
  return std::make_unique<DepthwiseConvolution>(p);
}

bool joins_depthwise(const ExpandedDepthwise& p) {
  return is_pointwise(p.product) && applied_by_loops(p.product.post_operations) && fits(p.depthwise) &&
         applied_by_loops(p.depthwise.post_operations) && !p.depthwise.advances() && pays(p.product);
}

std::unique_ptr<Kernel> expanded_depthwise(const ExpandedDepthwise& p) {
  return std::make_unique<DepthwiseConvolution>(p.depthwise, &p.product);
}

}  // namespace actionflow::kernels
