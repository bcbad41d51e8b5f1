#include "models/kernels/winograd_convolution.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "models/kernels/vector.h"
#include "models/kernels/winograd_plan.h"
#include "models/kernels/winograd_weights.h"

namespace actionflow::kernels {
namespace {

using namespace winograd;

constexpr std::size_t kMostPosts = 8;

bool can_follow(const PostOperation& operation) {
  const auto* activation = std::get_if<Activation>(&operation);
  return activation == nullptr || activation->kind == ActivationKind::relu;
}

// The kernel's taps in time that are used: all, or the middle one of three where a clip has one frame.
std::vector<float> used_taps(const ConvolutionProblem& p, Time time) {
  if (time != Time::none || p.operation.kernel[0] == 1) return p.kernel;
  std::vector<float> middle;
  for (std::size_t first = 9; first < p.kernel.size(); first += 27) {
    middle.insert(middle.end(), p.kernel.begin() + static_cast<std::ptrdiff_t>(first),
                  p.kernel.begin() + static_cast<std::ptrdiff_t>(first + 9));
  }
  return middle;
}

class WinogradConvolution final : public Kernel {
 public:
  WinogradConvolution(const ConvolutionProblem& p, const Cut& cut)
      : cut_(cut),
        operation_(p.operation),
        in_(p.in),
        out_(p.out),
        threads_(omp_get_max_threads()),
        weights_(transform_weights(
            {used_taps(p, cut.time), p.operation.filters, p.in.extents.c, cut.time == Time::none ? 1 : 3},
            cut.outputs, cut.time, cut.blocks, cut.out_blocks)),
        bias_(padded(p.bias, p.out.padded)),
        post_operations_(p.post_operations),
        input_(avx512_input(cut.outputs, cut.time)),
        multiply_(avx512_product(cut.time)),
        output_(avx512_output(cut.outputs, cut.time)) {
    for (const PostOperation& operation : post_operations_) {
      const auto* affine = std::get_if<ScaleShift>(&operation);
      affine_.emplace_back(padded(affine ? affine->scale : std::vector<float>(), p.out.padded),
                           padded(affine ? affine->shift : std::vector<float>(), p.out.padded));
    }
  }

  std::string implementation() const override {
    const std::string side = std::to_string(cut_.outputs);
    return "own:winograd_" + side + "x" + side + (cut_.time == Time::none ? "" : "x2") + ":avx512";
  }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(v_count() * v_floats() + threads_ * m_floats()) * sizeof(float);
  }
  std::size_t weight_bytes() const override { return weights_.size() * sizeof(float); }

  void run(const Arguments& arguments) const override {
    auto* scratch = static_cast<float*>(arguments.scratch);
    const int threads = std::min(threads_, omp_get_max_threads());
    if (cut_.shared) {
      for (std::int64_t i = 0; i < cut_.block_count(); ++i) run_shared(arguments, i, scratch, threads);
      return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (std::int64_t i = 0; i < cut_.block_count(); ++i) run_alone(arguments, i, scratch);
  }

 private:
  static AlignedFloats padded(const std::vector<float>& values, std::int64_t count) {
    AlignedFloats result(static_cast<std::size_t>(count));
    std::copy(values.begin(), values.end(), result.data());
    return result;
  }

  // Scratch: V, one a block that threads share, else one a thread; then an M a thread.
  std::int64_t v_count() const { return cut_.shared ? 1 : threads_; }
  static std::int64_t whole_lines(std::int64_t floats) { return (floats + kLanes - 1) / kLanes * kLanes; }
  std::int64_t v_floats() const { return whole_lines(cut_.v_floats()); }
  std::int64_t m_floats() const { return whole_lines(cut_.m_floats()); }
  float* thread_m(float* scratch) const {
    return scratch + v_count() * v_floats() + omp_get_thread_num() * m_floats();
  }

  std::int64_t tiles_of(std::int64_t block) const {
    return std::min(cut_.block_tiles, cut_.tiles - block * cut_.block_tiles);
  }

  void run_alone(const Arguments& arguments, std::int64_t block, float* scratch) const {
    float* v = scratch + omp_get_thread_num() * v_floats();
    for (std::int64_t i = 0; i < tiles_of(block) * cut_.blocks; ++i) transform_input(arguments, block, i, v);
    for (std::int64_t i = 0; i < cut_.out_blocks; ++i)
      make_outputs(arguments, block, i, v, thread_m(scratch));
  }

  void run_shared(const Arguments& arguments, std::int64_t block, float* v, int threads) const {
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic, 8)
      for (std::int64_t i = 0; i < tiles_of(block) * cut_.blocks; ++i)
        transform_input(arguments, block, i, v);
#pragma omp for schedule(dynamic)
      for (std::int64_t i = 0; i < cut_.out_blocks; ++i) make_outputs(arguments, block, i, v, thread_m(v));
    }
  }

  // All of a block's results in 32 channels.
  void make_outputs(const Arguments& arguments, std::int64_t block, std::int64_t out_block, const float* v,
                    float* m) const {
    const std::int64_t tiles = tiles_of(block);
    for (std::int64_t point = 0; point < cut_.points(); ++point) {
      multiply(point, out_block, tiles * cut_.groups, v, m);
    }
    const std::int64_t end = std::min((out_block + 1) * kOutBlock, out_.padded);
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::int64_t channel = out_block * kOutBlock; channel < end; channel += kLanes) {
        transform_output(arguments, block * cut_.block_tiles + tile, channel,
                         m + tile * cut_.groups * cut_.m_row_stride() + channel % kOutBlock);
      }
    }
  }

  struct Place {
    std::int64_t clip, row, column;  // of the tile's first output
  };
  Place place(std::int64_t tile) const {
    const std::int64_t column = tile % cut_.tiles_wide, rest = tile / cut_.tiles_wide;
    return {rest / cut_.tiles_high, rest % cut_.tiles_high * cut_.outputs, column * cut_.outputs};
  }

  // Which of a tile's `count` rows or columns, the first at `begin`, lie in [0, extent).
  static unsigned inside(std::int64_t begin, int count, std::int64_t extent) {
    unsigned bits = 0;
    for (int i = 0; i < count; ++i) {
      if (begin + i >= 0 && begin + i < extent) bits |= 1U << i;
    }
    return bits;
  }

  // Where the tile's first row and column begin, in the first frame.
  const float* source(const Arguments& arguments, const Place& at, std::int64_t channels) const {
    const std::int64_t row = at.row - operation_.pad_begin[1], column = at.column - operation_.pad_begin[2];
    return static_cast<const float*>(arguments.inputs[0]) + at.clip * in_.extents.t * in_.frame() +
           (row * in_.extents.w + column) * in_.padded + channels * kLanes;
  }

  // Piece i of a block: one of its tiles, 16 of its channels.
  void transform_input(const Arguments& arguments, std::int64_t block, std::int64_t i, float* v) const {
    const std::int64_t index = i / cut_.blocks, channels = i % cut_.blocks;
    const std::int64_t number = block * cut_.block_tiles + index;
    const Place at = place(number);
    const bool last = channels + 1 == cut_.blocks;
    InputTile tile;
    tile.source = source(arguments, at, channels);
    tile.next = last ? source(arguments, place(number + 1), 0) : tile.source + kLanes;
    tile.frame_stride = in_.frame();
    tile.row_stride = in_.extents.w * in_.padded;
    tile.column_stride = in_.padded;
    tile.rows = inside(at.row - operation_.pad_begin[1], cut_.side(), in_.extents.h);
    tile.columns = inside(at.column - operation_.pad_begin[2], cut_.side(), in_.extents.w);
    tile.frames = static_cast<int>(in_.extents.t);
    tile.pad = cut_.pad_time;
    tile.groups = cut_.groups;
    tile.v = v + (channels * cut_.block_rows() + index * cut_.groups) * kLanes;
    tile.point_stride = cut_.v_point_stride();
    tile.time_stride = cut_.v_time_stride();
    input_(tile);
  }

  void multiply(std::int64_t point, std::int64_t out_block, std::int64_t rows, const float* v,
                float* m) const {
    const std::int64_t panel = time_points(cut_.time) * cut_.blocks * kLanes * kOutBlock;
    Product product;
    product.v = v + point * cut_.v_point_stride();
    product.time_stride = cut_.v_time_stride();
    product.block_stride = cut_.block_rows() * kLanes;
    product.blocks = cut_.blocks;
    const std::int64_t index = out_block * cut_.points() + point;
    product.u = weights_.data() + index * panel;
    product.next_u = weights_.data() + (index + 1) % (cut_.points() * cut_.out_blocks) * panel;
    product.rows = rows;
    product.m = m + point * cut_.m_point_stride();
    product.row_stride = cut_.m_row_stride();
    product.frame_stride = cut_.m_frame_stride();
    multiply_(product);
  }

  void transform_output(const Arguments& arguments, std::int64_t number, std::int64_t channel,
                        const float* m) const {
    const Place at = place(number);
    OutputTile tile;
    tile.m = m;
    tile.point_stride = cut_.m_point_stride();
    tile.m_row_stride = cut_.m_row_stride();
    tile.m_frame_stride = cut_.m_frame_stride();
    tile.frames = static_cast<int>(out_.extents.t);
    tile.rows = static_cast<int>(std::min<std::int64_t>(cut_.outputs, out_.extents.h - at.row));
    tile.columns = static_cast<int>(std::min<std::int64_t>(cut_.outputs, out_.extents.w - at.column));
    tile.frame_stride = out_.frame();
    tile.row_stride = out_.extents.w * out_.padded;
    tile.column_stride = out_.padded;
    const std::int64_t offset = at.clip * out_.extents.t * tile.frame_stride + at.row * tile.row_stride +
                                at.column * tile.column_stride + channel;
    tile.out = static_cast<float*>(arguments.output) + offset;
    tile.bias = bias_.data() + channel;
    const std::array<Post, kMostPosts> posts = posts_at(arguments, offset, channel);
    tile.posts = posts.data();
    tile.post_count = static_cast<int>(post_operations_.size());
    output_(tile);
  }

  std::array<Post, kMostPosts> posts_at(const Arguments& arguments, std::int64_t offset,
                                        std::int64_t channel) const {
    std::array<Post, kMostPosts> posts;
    for (std::size_t i = 0; i < post_operations_.size(); ++i) {
      if (const auto* add = std::get_if<AddInput>(&post_operations_[i])) {
        const auto* other = static_cast<const float*>(arguments.inputs[static_cast<std::size_t>(add->input)]);
        posts[i] = {Post::Kind::add, other + offset, nullptr};
      } else if (std::holds_alternative<ScaleShift>(post_operations_[i])) {
        posts[i] = {Post::Kind::scale_shift, affine_[i].first.data() + channel,
                    affine_[i].second.data() + channel};
      } else {
        posts[i] = {Post::Kind::relu, nullptr, nullptr};
      }
    }
    return posts;
  }

  Cut cut_;
  Convolution operation_;
  Layout in_, out_;
  int threads_;
  AlignedFloats weights_, bias_;
  std::vector<PostOperation> post_operations_;
  std::vector<std::pair<AlignedFloats, AlignedFloats>> affine_;  // scale and shift, one a post-operation
  InputFunction input_;
  ProductFunction multiply_;
  OutputFunction output_;
};

}  // namespace

bool winograd_fits(const ConvolutionProblem& p) {
  const Convolution& c = p.operation;
  const auto all_ones = [](const Axes& axes) { return axes == Axes{1, 1, 1}; };
  const bool time = c.kernel[0] == 1 ? c.pad_begin[0] == 0 && c.pad_end[0] == 0 : c.kernel[0] == 3;
  return std::string_view(vector_kernels().name) == "avx512" && p.in.type == ElementType::f32 &&
         p.out.type == ElementType::f32 && p.in.padded % kLanes == 0 && p.out.padded % kLanes == 0 &&
         c.groups == 1 && p.post_operations.size() <= kMostPosts && all_ones(c.stride) &&
         all_ones(c.dilation) && time && c.kernel[1] == 3 && c.kernel[2] == 3 &&
         std::all_of(p.post_operations.begin(), p.post_operations.end(), can_follow);
}

std::unique_ptr<Kernel> make_winograd(const ConvolutionProblem& problem, const WinogradOptions& options) {
  return std::make_unique<WinogradConvolution>(problem, cut(problem, options));
}

std::unique_ptr<Kernel> winograd_convolution(const ConvolutionProblem& p) {
  constexpr std::int64_t kLeastChannels = 32;
  const Convolution& c = p.operation;
  const bool padded_in_time = c.kernel[0] == 1 || (c.pad_begin[0] > 0 && c.pad_end[0] > 0);
  if (!winograd_fits(p) || !padded_in_time || p.in.extents.c < kLeastChannels ||
      p.out.extents.c < kLeastChannels) {
    return nullptr;
  }
  const Cut chosen = cut(p, {});
  if (!pays(p, chosen)) return nullptr;
  return std::make_unique<WinogradConvolution>(p, chosen);
}

}  // namespace actionflow::kernels
