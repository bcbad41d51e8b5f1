#include "models/kernels/winograd/weight_transform.h"

#include <algorithm>
#include <array>

namespace actionflow::kernels::winograd {
namespace {

// Weights that do not fit the caches are written past them.
constexpr std::int64_t kStreamed = std::int64_t{1} << 20;

using Row = std::array<double, 3>;

// What each interpolation point takes of three taps: p⁰, p¹, p², divided by the product of p's distances from
// the other points; infinity takes the last tap.
std::vector<Row> matrix(int outputs) {
  if (outputs == 2) return {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  const double near2 = double{kNear} * kNear, far2 = double{kFar} * kFar;
  const auto row = [](double p, double distances) {
    return Row{1 / distances, p / distances, p * p / distances};
  };
  const double at_near = 2 * near2 * (near2 - far2), at_far = 2 * far2 * (far2 - near2);
  return {row(0, near2 * far2), row(kNear, at_near), row(-kNear, at_near),
          row(kFar, at_far),    row(-kFar, at_far),  Row{0, 0, 1}};
}

// The transforms in time of w0, w1, w2, in the order of V's time points.
std::vector<Row> time_matrix(Time time) {
  if (time == Time::none) return {{1, 0, 0}};
  if (time == Time::taps) return {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  if (time == Time::two_frames) return {{0, 1, 0}, {0, -1, 1}, {1, -1, 0}};
  return {{0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {1, 0, 0}, {0, 0, 1}};
}

double dot(const Row& a, const Row& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

// G·w·Gᵀ of one 3×3 kernel.
std::vector<double> spatial(const std::vector<Row>& g, const float* w) {
  std::vector<double> result;
  for (const Row& down : g) {
    Row half{};
    for (std::size_t j = 0; j < 3; ++j) half[j] = dot(down, {w[j], w[3 + j], w[6 + j]});
    for (const Row& across : g) result.push_back(dot(across, half));
  }
  return result;
}

}  // namespace

AlignedFloats transform_weights(const PlainWeights& weights, const Cut& cut) {
  const std::vector<Row> g = matrix(cut.outputs), in_time = time_matrix(cut.time);
  AlignedFloats u(static_cast<std::size_t>(cut.u_floats()));
#pragma omp parallel for schedule(static)
  for (std::int64_t o = 0; o < weights.outputs; ++o) {
    for (std::int64_t i = 0; i < weights.inputs; ++i) {
      std::array<std::vector<double>, 3> slices;
      const float* kernel = weights.kernel.data() + (o * weights.inputs + i) * weights.taps * 9;
      for (int t = 0; t < weights.taps; ++t)
        slices[static_cast<std::size_t>(t)] = spatial(g, kernel + std::ptrdiff_t{t} * 9);
      float* to =
          u.data() + o / cut.out_block * cut.points() * cut.u_panel() + i * cut.out_block + o % cut.out_block;
      for (std::int64_t p = 0; p < cut.points(); ++p) {
        const auto at = [&](std::size_t t) {
          return slices[t].empty() ? 0 : slices[t][static_cast<std::size_t>(p)];
        };
        const Row values{at(0), at(1), at(2)};
        for (std::int64_t t = 0; t < time_points(cut.time); ++t) {
          to[p * cut.u_panel() + t * cut.u_tap()] =
              static_cast<float>(dot(in_time[static_cast<std::size_t>(t)], values));
        }
      }
    }
  }
  return u;
}

void transform_kernel(const KernelView& view, const Cut& cut, float* u) {
  const std::int64_t taps = std::int64_t{view.taps} * 9, row = view.inputs * taps;
  const std::int64_t lanes = view.turned ? view.inputs : view.outputs;
  const std::int64_t channels = view.turned ? view.outputs : view.inputs;
  const KernelFunction function = loops().kernel(cut.outputs, cut.time);
  const bool large = cut.u_floats() > kStreamed;
  const std::int64_t pieces = cut.out_blocks * (cut.out_block / kChannelBlock) * cut.blocks;
#pragma omp parallel for schedule(static)
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    const std::int64_t lane = piece / cut.blocks * kChannelBlock, first = piece % cut.blocks * kChannelBlock;
    KernelTile tile;
    tile.lanes = static_cast<int>(std::clamp<std::int64_t>(lanes - lane, 0, kChannelBlock));
    tile.lane_stride = view.turned ? taps : row;
    tile.turned = view.turned;
    tile.taps = view.taps;
    tile.point_stride = cut.u_panel();
    tile.time_stride = cut.u_tap();
    tile.streamed = large;
    for (std::int64_t i = first; i < first + kChannelBlock; ++i) {
      if (i >= channels) tile.lanes = 0;
      tile.kernel = view.kernel + (tile.lanes == 0 ? 0
                                   : view.turned   ? i * row + lane * taps
                                                   : lane * row + i * taps);
      tile.u =
          u + lane / cut.out_block * cut.points() * cut.u_panel() + i * cut.out_block + lane % cut.out_block;
      function(tile);
    }
  }
}

}  // namespace actionflow::kernels::winograd
