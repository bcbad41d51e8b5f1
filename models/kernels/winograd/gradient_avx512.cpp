#include "models/kernels/winograd/elements.inc"
#include "models/kernels/winograd/transforms.h"

namespace actionflow::kernels::winograd {
namespace {

// The transpose of the output transform: outputs along one axis at the points.
inline Vectors<6> to_points(const Vectors<4>& y) {
  const __m512 near2 = set(kNear * kNear), far2 = set(kFar * kFar);
  const __m512 near_even = _mm512_fmadd_ps(near2, y.at[2], y.at[0]);
  const __m512 near_odd = _mm512_mul_ps(set(kNear), _mm512_fmadd_ps(near2, y.at[3], y.at[1]));
  const __m512 far_even = _mm512_fmadd_ps(far2, y.at[2], y.at[0]);
  const __m512 far_odd = _mm512_mul_ps(set(kFar), _mm512_fmadd_ps(far2, y.at[3], y.at[1]));
  return {{y.at[0], _mm512_add_ps(near_even, near_odd), _mm512_sub_ps(near_even, near_odd),
           _mm512_add_ps(far_even, far_odd), _mm512_sub_ps(far_even, far_odd), y.at[3]}};
}

inline Vectors<4> to_points(const Vectors<2>& y) {
  return {{y.at[0], _mm512_add_ps(y.at[0], y.at[1]), _mm512_sub_ps(y.at[0], y.at[1]), y.at[1]}};
}

template <int N>
using Spectrum = float[std::size_t{N} * N * kLanes];

template <int N, class Element>
void spectrum(const GradientTile& tile, int frame, Spectrum<N>& out, __m512& sum) {
  constexpr int F = N - 2;
  if (frame >= tile.frames) {
    for (int p = 0; p < N * N; ++p) _mm512_store_ps(out + p * kLanes, _mm512_setzero_ps());
    return;
  }
  const Element* source = static_cast<const Element*>(tile.source) + frame * tile.frame_stride;
  Vectors<N> half[F];
#pragma GCC unroll 4
  for (int i = 0; i < F; ++i) {
    Vectors<F> row;
    const bool present = i < tile.rows;
#pragma GCC unroll 4
    for (int j = 0; j < F; ++j) {
      row.at[j] = present ? load(source + i * tile.row_stride + j * tile.column_stride, j < tile.columns)
                          : _mm512_setzero_ps();
    }
#pragma GCC unroll 4
    for (int j = 0; j < F; ++j) sum = _mm512_add_ps(sum, row.at[j]);
    half[i] = to_points(row);
  }
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
    Vectors<F> column;
#pragma GCC unroll 4
    for (int i = 0; i < F; ++i) column.at[i] = half[i].at[j];
    const Vectors<N> points = to_points(column);
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) _mm512_store_ps(out + (i * N + j) * kLanes, points.at[i]);
  }
}

template <int N, Time kTime, class Element>
void gradient_tile(const GradientTile& tile) {
  alignas(64) Spectrum<N> y0, y1;
  __m512 sum = _mm512_load_ps(tile.sums);
  for (int group = 0; group < tile.groups; ++group) {
    float* z = tile.z + group * kOutBlock;
    spectrum<N, Element>(tile, group * frames_at_once(kTime), y0, sum);
    if constexpr (kTime != Time::none) spectrum<N, Element>(tile, group * 2 + 1, y1, sum);
    for (int p = 0; p < N * N; ++p, z += tile.point_stride) {
      const __m512 a = _mm512_load_ps(y0 + p * kLanes);
      if constexpr (kTime == Time::none) {
        _mm512_store_ps(z, a);
        continue;
      }
      const __m512 b = _mm512_load_ps(y1 + p * kLanes);
      float* to = z;
      _mm512_store_ps(to, _mm512_add_ps(a, b));
      if constexpr (kTime == Time::pair) _mm512_store_ps(to += tile.time_stride, _mm512_sub_ps(a, b));
      _mm512_store_ps(to += tile.time_stride, a);
      _mm512_store_ps(to + tile.time_stride, b);
    }
  }
  _mm512_store_ps(tile.sums, sum);
}

// 8 channels by 32 outputs in registers, over all rows.
inline void multiply(const GradientProduct& s, const float* v, float* d) {
  constexpr int R = 8;
  __m512 sums[R][2];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    sums[r][0] = s.add ? _mm512_load_ps(d + r * kOutBlock) : _mm512_setzero_ps();
    sums[r][1] = s.add ? _mm512_load_ps(d + r * kOutBlock + kLanes) : _mm512_setzero_ps();
  }
  const float* z = s.z;
#pragma GCC unroll 2
  for (std::int64_t row = 0; row < s.rows; ++row, v += kLanes, z += kOutBlock) {
    const __m512 first = _mm512_load_ps(z), second = _mm512_load_ps(z + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const __m512 value = _mm512_set1_ps(v[r]);
      sums[r][0] = _mm512_fmadd_ps(value, first, sums[r][0]);
      sums[r][1] = _mm512_fmadd_ps(value, second, sums[r][1]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    _mm512_store_ps(d + r * kOutBlock, sums[r][0]);
    _mm512_store_ps(d + r * kOutBlock + kLanes, sums[r][1]);
  }
}

void product(const GradientProduct& s) {
  multiply(s, s.v, s.d);
  multiply(s, s.v + 8, s.d + 8 * kOutBlock);
}

// The transpose of the kernel's transform: points along one axis to three taps.
inline Vectors<3> to_taps(const Vectors<6>& d) {
  constexpr float kNear2 = kNear * kNear, kFar2 = kFar * kFar;
  constexpr float kAtZero = 1 / (kNear2 * kFar2), kAtNear = 1 / (2 * kNear2 * (kNear2 - kFar2)),
                  kAtFar = 1 / (2 * kFar2 * (kFar2 - kNear2));
  const __m512 near_sum = _mm512_mul_ps(set(kAtNear), _mm512_add_ps(d.at[1], d.at[2]));
  const __m512 near_difference = _mm512_mul_ps(set(kNear * kAtNear), _mm512_sub_ps(d.at[1], d.at[2]));
  const __m512 far_sum = _mm512_mul_ps(set(kAtFar), _mm512_add_ps(d.at[3], d.at[4]));
  const __m512 far_difference = _mm512_mul_ps(set(kFar * kAtFar), _mm512_sub_ps(d.at[3], d.at[4]));
  return {{_mm512_fmadd_ps(set(kAtZero), d.at[0], _mm512_add_ps(near_sum, far_sum)),
           _mm512_add_ps(near_difference, far_difference),
           _mm512_fmadd_ps(set(kNear2), near_sum, _mm512_fmadd_ps(set(kFar2), far_sum, d.at[5]))}};
}

inline Vectors<3> to_taps(const Vectors<4>& d) {
  const __m512 half = set(0.5F);
  const __m512 sum = _mm512_mul_ps(half, _mm512_add_ps(d.at[1], d.at[2]));
  return {{_mm512_add_ps(d.at[0], sum), _mm512_mul_ps(half, _mm512_sub_ps(d.at[1], d.at[2])),
           _mm512_add_ps(sum, d.at[3])}};
}

template <int N>
Vectors<9> to_kernel(const KernelGradientTile& tile, const float* d) {
  Vectors<3> half[N];
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
    Vectors<N> column;
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) column.at[i] = _mm512_load_ps(d + (i * N + j) * tile.point_stride);
    half[j] = to_taps(column);
  }
  Vectors<9> result;
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i) {
    Vectors<N> row;
#pragma GCC unroll 6
    for (int j = 0; j < N; ++j) row.at[j] = half[j].at[i];
    const Vectors<3> taps = to_taps(row);
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) result.at[3 * i + j] = taps.at[j];
  }
  return result;
}

void add_taps(const KernelGradientTile& tile, int tap, const Vectors<9>& w) {
  alignas(64) float lanes[9][kLanes];
#pragma GCC unroll 9
  for (int k = 0; k < 9; ++k) _mm512_store_ps(lanes[k], w.at[k]);
  float* to = tile.gradient + std::ptrdiff_t{tap} * 9;
  for (int lane = 0; lane < tile.lanes; ++lane, to += tile.lane_stride) {
#pragma GCC unroll 9
    for (int k = 0; k < 9; ++k) to[k] += lanes[k][lane];
  }
}

template <int N, Time kTime>
void kernel_gradient(const KernelGradientTile& tile) {
  const Vectors<9> d0 = to_kernel<N>(tile, tile.d);
  if constexpr (kTime == Time::none) {
    add_taps(tile, tile.taps / 2, d0);
    return;
  }
  const Vectors<9> d1 = to_kernel<N>(tile, tile.d + tile.time_stride);
  const Vectors<9> d2 = to_kernel<N>(tile, tile.d + 2 * tile.time_stride);
  Vectors<9> w0 = d2, w1, w2 = d1;
  if constexpr (kTime == Time::two_frames) {
    for (int k = 0; k < 9; ++k) w1.at[k] = _mm512_sub_ps(_mm512_sub_ps(d0.at[k], d1.at[k]), d2.at[k]);
  } else {
    w2 = to_kernel<N>(tile, tile.d + 3 * tile.time_stride);
    for (int k = 0; k < 9; ++k) {
      const __m512 even = _mm512_mul_ps(set(0.5F), _mm512_add_ps(d0.at[k], d1.at[k]));
      w1.at[k] = _mm512_mul_ps(set(0.5F), _mm512_sub_ps(d0.at[k], d1.at[k]));
      w0.at[k] = _mm512_add_ps(w0.at[k], even);
      w2.at[k] = _mm512_add_ps(w2.at[k], even);
    }
  }
  add_taps(tile, 0, w0);
  add_taps(tile, 1, w1);
  add_taps(tile, 2, w2);
}

template <int N, class Element>
GradientFunction choose(Time time) {
  if (time == Time::none) return gradient_tile<N, Time::none, Element>;
  return time == Time::pair ? gradient_tile<N, Time::pair, Element>
                            : gradient_tile<N, Time::two_frames, Element>;
}

template <class Element>
GradientFunction choose(int outputs, Time time) {
  return outputs == 4 ? choose<6, Element>(time) : choose<4, Element>(time);
}

template <int N>
KernelGradientFunction choose_kernel(Time time) {
  if (time == Time::none) return kernel_gradient<N, Time::none>;
  return time == Time::pair ? kernel_gradient<N, Time::pair> : kernel_gradient<N, Time::two_frames>;
}

}  // namespace

GradientFunction avx512_gradient(int outputs, Time time, ElementType type) {
  return type == ElementType::f32 ? choose<float>(outputs, time) : choose<Bf16>(outputs, time);
}

GradientProductFunction avx512_gradient_product() { return product; }

KernelGradientFunction avx512_kernel_gradient(int outputs, Time time) {
  return outputs == 4 ? choose_kernel<6>(time) : choose_kernel<4>(time);
}

}  // namespace actionflow::kernels::winograd
