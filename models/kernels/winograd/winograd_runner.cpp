#include "models/kernels/winograd/winograd_runner.h"

#include <omp.h>

#include <algorithm>

#include "models/kernels/elementwise/fused_posts.h"
#include "models/kernels/winograd/tiles.h"

namespace actionflow::kernels::winograd {
namespace {

class TiledRunner final : public Runner {
 public:
  TiledRunner(const ConvolutionProblem& p, const Cut& cut)
      : cut_(cut),
        tiles_(p, cut),
        out_(p.out),
        out_bytes_(static_cast<std::int64_t>(bytes_of(p.out.type))),
        threads_(omp_get_max_threads()),
        posts_(p.post_operations, p.out.padded),
        input_(loops().input(cut.outputs, cut.time, p.in.type)),
        multiply_(loops().product(cut.time)),
        output_(loops().output(cut.outputs, cut.time, p.out.type)) {}

  std::string implementation() const override { return cut_.implementation(); }
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
  static std::int64_t whole_lines(std::int64_t floats) {
    return (floats + kChannelBlock - 1) / kChannelBlock * kChannelBlock;
  }
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

  // All of a block's results in one block of outputs.
  void make_outputs(const Call& call, std::int64_t block, std::int64_t out_block, const float* v,
                    float* m) const {
    const std::int64_t tiles = tiles_of(block);
    for (std::int64_t point = 0; point < cut_.points(); ++point) {
      multiply(call, point, out_block, tiles, v, m);
    }
    const std::int64_t end = std::min((out_block + 1) * cut_.out_block, out_.padded);
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::int64_t channel = out_block * cut_.out_block; channel < end; channel += kChannelBlock) {
        transform_output(call, block * cut_.block_tiles + tile, channel,
                         m + tile * cut_.rows(tiles).tile * cut_.m_row_stride() + channel % cut_.out_block,
                         cut_.rows(tiles));
      }
    }
  }

  // Piece i of a block: one of its tiles, 16 of its channels.
  void transform_input(const Call& call, std::int64_t block, std::int64_t i, float* v) const {
    const std::int64_t index = i / cut_.blocks, channels = i % cut_.blocks;
    const std::int64_t number = block * cut_.block_tiles + index;
    InputTile tile = tiles_.input(call.arguments.inputs[0], number, channels);
    const Cut::RowStrides rows = cut_.rows(tiles_of(block));
    tile.v = v + channels * cut_.v_block_stride() + index * rows.tile * kChannelBlock;
    tile.point_stride = cut_.v_point_stride();
    tile.time_stride = cut_.v_time_stride();
    tile.group_stride = rows.group * kChannelBlock;
    input_(tile);
  }

  void multiply(const Call& call, std::int64_t point, std::int64_t out_block, std::int64_t tiles,
                const float* v, float* m) const {
    Product product;
    product.v = v + point * cut_.v_point_stride();
    product.time_stride = cut_.v_time_stride(tiles);
    product.block_stride = cut_.v_block_stride();
    product.blocks = cut_.blocks;
    const std::int64_t index = out_block * cut_.points() + point;
    product.u = call.u + index * cut_.u_panel();
    product.next_u = call.u + (index + 1) % (cut_.points() * cut_.out_blocks) * cut_.u_panel();
    product.rows = tiles * cut_.groups;
    product.m = m + point * cut_.m_point_stride();
    product.row_stride = cut_.m_row_stride();
    product.frame_stride = cut_.m_frame_stride();
    multiply_(product);
  }

  void transform_output(const Call& call, std::int64_t number, std::int64_t channel, const float* m,
                        const Cut::RowStrides& rows) const {
    const Tiles::Place at = tiles_.place(number);
    OutputTile tile;
    tile.m = m;
    tile.point_stride = cut_.m_point_stride();
    tile.m_row_stride = rows.group * cut_.m_row_stride();
    tile.m_frame_stride = cut_.m_frame_stride();
    tile.frames = static_cast<int>(out_.extents.t);
    tile.rows = tiles_.output_rows(at);
    tile.columns = tiles_.output_columns(at);
    tile.frame_stride = out_.frame();
    tile.row_stride = out_.extents.w * out_.padded;
    tile.column_stride = out_.padded;
    const std::int64_t offset = tiles_.output_offset(at) + channel;
    tile.out = static_cast<std::byte*>(call.arguments.output) + offset * out_bytes_;
    tile.bias = call.bias + channel;
    const FusedPosts::List posts = posts_.at(call.arguments, offset, channel);
    tile.posts = posts.data();
    tile.post_count = posts_.count();
    output_(tile);
  }

  Cut cut_;
  Tiles tiles_;
  Layout out_;
  std::int64_t out_bytes_;  // of an element
  int threads_;
  FusedPosts posts_;
  InputFunction input_;
  ProductFunction multiply_;
  OutputFunction output_;
};

}  // namespace

std::unique_ptr<Runner> make_runner(const ConvolutionProblem& problem, const Cut& cut) {
  return std::make_unique<TiledRunner>(problem, cut);
}

}  // namespace actionflow::kernels::winograd
