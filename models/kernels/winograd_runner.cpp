#include "models/kernels/winograd_runner.h"

#include <omp.h>

#include <algorithm>
#include <array>

#include "models/kernels/winograd_weights.h"

namespace actionflow::kernels::winograd {
namespace {

constexpr std::size_t kMostPosts = 8;

class TiledRunner final : public Runner {
 public:
  TiledRunner(const ConvolutionProblem& p, const Cut& cut)
      : cut_(cut),
        operation_(p.operation),
        in_(p.in),
        out_(p.out),
        threads_(omp_get_max_threads()),
        post_operations_(p.post_operations),
        input_(avx512_input(cut.outputs, cut.time)),
        multiply_(avx512_product(cut.time)),
        output_(avx512_output(cut.outputs, cut.time)) {
    for (const PostOperation& operation : post_operations_) {
      const auto* affine = std::get_if<ScaleShift>(&operation);
      affine_.emplace_back(aligned(affine ? affine->scale : std::vector<float>(), p.out.padded),
                           aligned(affine ? affine->shift : std::vector<float>(), p.out.padded));
    }
  }

  std::string implementation() const override {
    const std::string side = std::to_string(cut_.outputs);
    return "own:winograd_" + side + "x" + side + (cut_.time == Time::none ? "" : "x2") + ":avx512";
  }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(v_count() * v_floats() + threads_ * m_floats()) * sizeof(float);
  }

  void run(const Arguments& arguments, const float* u, const float* bias) const override {
    const Call call{arguments, u, bias};
    auto* scratch = static_cast<float*>(arguments.scratch);
    const int threads = std::min(threads_, omp_get_max_threads());
    if (cut_.shared) {
      for (std::int64_t i = 0; i < cut_.block_count(); ++i) run_shared(call, i, scratch, threads);
      return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (std::int64_t i = 0; i < cut_.block_count(); ++i) run_alone(call, i, scratch);
  }

 private:
  struct Call {
    const Arguments& arguments;
    const float* u;
    const float* bias;
  };

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

  void run_alone(const Call& call, std::int64_t block, float* scratch) const {
    float* v = scratch + omp_get_thread_num() * v_floats();
    for (std::int64_t i = 0; i < tiles_of(block) * cut_.blocks; ++i) transform_input(call, block, i, v);
    for (std::int64_t i = 0; i < cut_.out_blocks; ++i) make_outputs(call, block, i, v, thread_m(scratch));
  }

  void run_shared(const Call& call, std::int64_t block, float* v, int threads) const {
#pragma omp parallel num_threads(threads)
    {
#pragma omp for schedule(dynamic, 8)
      for (std::int64_t i = 0; i < tiles_of(block) * cut_.blocks; ++i) transform_input(call, block, i, v);
#pragma omp for schedule(dynamic)
      for (std::int64_t i = 0; i < cut_.out_blocks; ++i) make_outputs(call, block, i, v, thread_m(v));
    }
  }

  // All of a block's results in 32 channels.
  void make_outputs(const Call& call, std::int64_t block, std::int64_t out_block, const float* v,
                    float* m) const {
    const std::int64_t tiles = tiles_of(block);
    for (std::int64_t point = 0; point < cut_.points(); ++point) {
      multiply(call, point, out_block, tiles * cut_.groups, v, m);
    }
    const std::int64_t end = std::min((out_block + 1) * kOutBlock, out_.padded);
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::int64_t channel = out_block * kOutBlock; channel < end; channel += kLanes) {
        transform_output(call, block * cut_.block_tiles + tile, channel,
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
  const float* source(const Call& call, const Place& at, std::int64_t channels) const {
    const std::int64_t row = at.row - operation_.pad_begin[1], column = at.column - operation_.pad_begin[2];
    return static_cast<const float*>(call.arguments.inputs[0]) + at.clip * in_.extents.t * in_.frame() +
           (row * in_.extents.w + column) * in_.padded + channels * kLanes;
  }

  // Piece i of a block: one of its tiles, 16 of its channels.
  void transform_input(const Call& call, std::int64_t block, std::int64_t i, float* v) const {
    const std::int64_t index = i / cut_.blocks, channels = i % cut_.blocks;
    const std::int64_t number = block * cut_.block_tiles + index;
    const Place at = place(number);
    const bool last = channels + 1 == cut_.blocks;
    InputTile tile;
    tile.source = source(call, at, channels);
    tile.next = last ? source(call, place(number + 1), 0) : tile.source + kLanes;
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

  void multiply(const Call& call, std::int64_t point, std::int64_t out_block, std::int64_t rows,
                const float* v, float* m) const {
    const std::int64_t panel = time_points(cut_.time) * cut_.blocks * kLanes * kOutBlock;
    Product product;
    product.v = v + point * cut_.v_point_stride();
    product.time_stride = cut_.v_time_stride();
    product.block_stride = cut_.block_rows() * kLanes;
    product.blocks = cut_.blocks;
    const std::int64_t index = out_block * cut_.points() + point;
    product.u = call.u + index * panel;
    product.next_u = call.u + (index + 1) % (cut_.points() * cut_.out_blocks) * panel;
    product.rows = rows;
    product.m = m + point * cut_.m_point_stride();
    product.row_stride = cut_.m_row_stride();
    product.frame_stride = cut_.m_frame_stride();
    multiply_(product);
  }

  void transform_output(const Call& call, std::int64_t number, std::int64_t channel, const float* m) const {
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
    tile.out = static_cast<float*>(call.arguments.output) + offset;
    tile.bias = call.bias + channel;
    const std::array<Post, kMostPosts> posts = posts_at(call, offset, channel);
    tile.posts = posts.data();
    tile.post_count = static_cast<int>(post_operations_.size());
    output_(tile);
  }

  std::array<Post, kMostPosts> posts_at(const Call& call, std::int64_t offset, std::int64_t channel) const {
    std::array<Post, kMostPosts> posts;
    for (std::size_t i = 0; i < post_operations_.size(); ++i) {
      if (const auto* add = std::get_if<AddInput>(&post_operations_[i])) {
        const auto* other =
            static_cast<const float*>(call.arguments.inputs[static_cast<std::size_t>(add->input)]);
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
  std::vector<PostOperation> post_operations_;
  std::vector<std::pair<AlignedFloats, AlignedFloats>> affine_;  // scale and shift, one a post-operation
  InputFunction input_;
  ProductFunction multiply_;
  OutputFunction output_;
};

bool is_known(const PostOperation& operation) {
  const auto* activation = std::get_if<Activation>(&operation);
  return activation == nullptr || activation->kind == ActivationKind::relu;
}

}  // namespace

std::unique_ptr<Runner> make_runner(const ConvolutionProblem& problem, const Cut& cut) {
  return std::make_unique<TiledRunner>(problem, cut);
}

bool can_follow(const std::vector<PostOperation>& operations) {
  return operations.size() <= kMostPosts && std::all_of(operations.begin(), operations.end(), is_known);
}

}  // namespace actionflow::kernels::winograd
