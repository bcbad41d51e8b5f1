#include "models/kernels/winograd/kernel_gradient.h"

#include <omp.h>

#include <algorithm>

#include "models/kernels/winograd/tiles.h"

namespace actionflow::kernels::winograd {
namespace {

// V of one block and Z of it stay in the last-level cache together.
constexpr std::int64_t kBlockFloats = std::int64_t{5} << 18;

std::int64_t whole_lines(std::int64_t floats) {
  return (floats + kChannelBlock - 1) / kChannelBlock * kChannelBlock;
}

class TiledGradient final : public GradientRunner {
 public:
  TiledGradient(const ConvolutionProblem& p, const Cut& cut, bool by_pieces)
      : cut_(cut),
        by_pieces_(by_pieces),
        tiles_(p, cut),
        out_(p.out),
        inputs_(p.in.extents.c),
        outputs_(p.out.extents.c),
        taps_(p.operation.kernel[0]),
        threads_(omp_get_max_threads()),
        input_(loops().input(cut.outputs, cut.time, p.in.type)),
        gradient_(loops().gradient(cut.outputs, cut.time, p.out.type)),
        multiply_(loops().gradient_product),
        finish_(loops().kernel_gradient(cut.outputs, cut.time)) {}

  std::string implementation() const override { return cut_.implementation(); }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(v_floats() + z_floats() + d_floats() + threads_ * out_.padded) *
           sizeof(float);
  }

  void run(const void* input, const void* output_gradient, float* kernel_gradient, float* bias_gradient,
           void* scratch) const override {
    auto* v = static_cast<float*>(scratch);
    float *z = v + v_floats(), *d = z + z_floats(), *sums = d + d_floats();
    std::fill_n(sums, threads_ * out_.padded, 0.0F);
    for (std::int64_t block = 0; block < cut_.block_count(); ++block) {
      const std::int64_t first = block * cut_.block_tiles;
      const std::int64_t count = std::min(cut_.block_tiles, cut_.tiles - first);
#pragma omp parallel num_threads(threads_)
      {
#pragma omp for schedule(static) nowait
        for (std::int64_t i = 0; i < count * cut_.blocks; ++i)
          transform_input(input, first, i / cut_.blocks, i % cut_.blocks, v);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < count * out_vectors(); ++i)
          transform_gradient(output_gradient, first, i / out_vectors(), i % out_vectors(), z,
                             sums + omp_get_thread_num() * out_.padded);
      }
      if (by_pieces_) continue;
#pragma omp parallel for schedule(static) num_threads(threads_)
      for (std::int64_t i = 0; i < cut_.out_blocks * place_count(); ++i)
        for (std::int64_t channels = 0; channels < cut_.blocks; ++channels) {
          const Piece piece{i / place_count(), channels};
          multiply(piece, i % place_count(), count * cut_.groups, v, z, d + offset(piece), block > 0);
        }
    }
    if (bias_gradient != nullptr) add_bias(sums, bias_gradient);
    if (kernel_gradient == nullptr) return;
#pragma omp parallel for schedule(static) num_threads(threads_)
    for (std::int64_t i = 0; i < cut_.out_blocks * cut_.blocks; ++i) {
      const Piece piece{i / cut_.blocks, i % cut_.blocks};
      float* of_piece =
          d + (by_pieces_ ? omp_get_thread_num() * place_count() * place_floats() : offset(piece));
      if (by_pieces_)
        for (std::int64_t place = 0; place < place_count(); ++place)
          multiply(piece, place, cut_.tiles * cut_.groups, v, z, of_piece, false);
      finish(piece, of_piece, kernel_gradient);
    }
  }

 private:
  // D of a block of outputs and a block of inputs: 16 rows of outputs at each place, a point and a time
  // point. Where a thread has but one piece, places stand apart by a little more than they hold, as those of
  // V do.
  struct Piece {
    std::int64_t out_block, block;
  };
  std::int64_t place_count() const { return cut_.points() * time_points(cut_.time); }
  std::int64_t place_floats() const {
    return by_pieces_ ? kChannelBlock * (cut_.out_block + 1) : cut_.u_tap();
  }
  std::int64_t offset(const Piece& piece) const {
    return piece.out_block * place_count() * place_floats() + piece.block * kChannelBlock * cut_.out_block;
  }
  std::int64_t d_floats() const {
    return (by_pieces_ ? threads_ : cut_.out_blocks) * place_count() * place_floats();
  }
  std::int64_t out_vectors() const { return out_.padded / kChannelBlock; }

  // Strides of Z, which stands apart as V does.
  std::int64_t z_block_stride() const { return cut_.block_rows() * cut_.out_block; }
  std::int64_t z_time_stride() const { return cut_.out_blocks * z_block_stride(); }
  std::int64_t z_point_stride() const { return time_points(cut_.time) * z_time_stride() + Cut::kApart; }
  std::int64_t v_floats() const { return whole_lines(cut_.v_floats()); }
  std::int64_t z_floats() const { return whole_lines(cut_.points() * z_point_stride()); }

  void add_bias(const float* sums, float* bias_gradient) const {
    for (int thread = 0; thread < threads_; ++thread)
      for (std::int64_t o = 0; o < outputs_; ++o) bias_gradient[o] += sums[thread * out_.padded + o];
  }

  void transform_input(const void* input, std::int64_t first, std::int64_t index, std::int64_t channels,
                       float* v) const {
    InputTile tile = tiles_.input(input, first + index, channels);
    tile.v = v + (channels * cut_.block_rows() + index * cut_.groups) * kChannelBlock;
    tile.point_stride = cut_.v_point_stride();
    tile.time_stride = cut_.v_time_stride();
    tile.group_stride = kChannelBlock;
    input_(tile);
  }

  void transform_gradient(const void* gradient, std::int64_t first, std::int64_t index, std::int64_t vector,
                          float* z, float* sums) const {
    const Tiles::Place at = tiles_.place(first + index);
    const std::int64_t channel = vector * kChannelBlock;
    GradientTile tile;
    tile.source = static_cast<const std::byte*>(gradient) +
                  (tiles_.output_offset(at) + channel) * static_cast<std::int64_t>(bytes_of(out_.type));
    tile.frame_stride = out_.frame();
    tile.row_stride = out_.extents.w * out_.padded;
    tile.column_stride = out_.padded;
    tile.rows = tiles_.output_rows(at);
    tile.columns = tiles_.output_columns(at);
    tile.frames = static_cast<int>(out_.extents.t);
    tile.groups = cut_.groups;
    tile.z = z + channel / cut_.out_block * z_block_stride() + index * cut_.groups * cut_.out_block +
             channel % cut_.out_block;
    tile.point_stride = z_point_stride();
    tile.time_stride = z_time_stride();
    tile.sums = sums + channel;
    gradient_(tile);
  }

  void multiply(const Piece& piece, std::int64_t place, std::int64_t rows, const float* v, const float* z,
                float* d, bool add) const {
    const std::int64_t point = place / time_points(cut_.time), time = place % time_points(cut_.time);
    GradientProduct product;
    product.v = v + point * cut_.v_point_stride() + time * cut_.v_time_stride() +
                piece.block * cut_.block_rows() * kChannelBlock;
    product.z = z + point * z_point_stride() + time * z_time_stride() + piece.out_block * z_block_stride();
    product.rows = rows;
    product.d = d + place * place_floats();
    product.add = add;
    multiply_(product);
  }

  void finish(const Piece& piece, const float* d, float* kernel_gradient) const {
    const std::int64_t taps = std::int64_t{taps_} * 9, first = piece.block * kChannelBlock;
    KernelGradientTile tile;
    tile.time_stride = place_floats();
    tile.point_stride = time_points(cut_.time) * place_floats();
    tile.lane_stride = inputs_ * taps;
    tile.taps = taps_;
    for (std::int64_t o = 0; o < cut_.out_block; o += kChannelBlock) {
      const std::int64_t output = piece.out_block * cut_.out_block + o;
      tile.lanes = static_cast<int>(std::min(kChannelBlock, outputs_ - output));
      if (tile.lanes <= 0) break;
      for (std::int64_t i = 0; i < std::min(kChannelBlock, inputs_ - first); ++i) {
        tile.d = d + i * cut_.out_block + o;
        tile.gradient = kernel_gradient + (output * inputs_ + first + i) * taps;
        finish_(tile);
      }
    }
  }

  Cut cut_;
  bool by_pieces_;  // D of a piece is finished while in the second-level cache
  Tiles tiles_;
  Layout out_;
  std::int64_t inputs_, outputs_;
  int taps_, threads_;
  InputFunction input_;
  GradientFunction gradient_;
  GradientProductFunction multiply_;
  KernelGradientFunction finish_;
};

}  // namespace

std::unique_ptr<GradientRunner> make_gradient_runner(const ConvolutionProblem& problem, Cut cut) {
  const std::int64_t v_row = cut.blocks * kChannelBlock, z_row = cut.out_blocks * cut.out_block;
  // Where V and Z of all tiles are smaller than D, they are kept and D is not.
  const bool by_pieces = cut.tiles * cut.groups * (v_row + z_row) <= v_row * z_row;
  const std::int64_t row = cut.points() * time_points(cut.time) * std::max(v_row, z_row);
  const std::int64_t fitting = by_pieces ? cut.tiles : kBlockFloats / row / cut.groups;
  const std::int64_t tiles = std::clamp<std::int64_t>(fitting, 1, cut.tiles);
  const std::int64_t blocks = (cut.tiles + tiles - 1) / tiles;
  cut.block_tiles = (cut.tiles + blocks - 1) / blocks;
  return std::make_unique<TiledGradient>(problem, cut, by_pieces);
}

}  // namespace actionflow::kernels::winograd
