#include "models/kernels/winograd/elements.inc"
#include "models/kernels/winograd/transforms.h"

namespace actionflow::kernels::winograd {
namespace {

// Three taps along one axis at the interpolation points, as in the matrix of
// models/kernels/winograd/weight_transform.cpp.
inline Vectors<6> transform6(const Vectors<3>& w) {
  constexpr float kNear2 = kNear * kNear, kFar2 = kFar * kFar;
  constexpr float kAtZero = 1 / (kNear2 * kFar2), kAtNear = 1 / (2 * kNear2 * (kNear2 - kFar2)),
                  kAtFar = 1 / (2 * kFar2 * (kFar2 - kNear2));
  const __m512 near_even = _mm512_mul_ps(set(kAtNear), _mm512_fmadd_ps(set(kNear2), w.at[2], w.at[0]));
  const __m512 far_even = _mm512_mul_ps(set(kAtFar), _mm512_fmadd_ps(set(kFar2), w.at[2], w.at[0]));
  return {{_mm512_mul_ps(set(kAtZero), w.at[0]), _mm512_fmadd_ps(set(kNear * kAtNear), w.at[1], near_even),
           _mm512_fnmadd_ps(set(kNear * kAtNear), w.at[1], near_even),
           _mm512_fmadd_ps(set(kFar * kAtFar), w.at[1], far_even),
           _mm512_fnmadd_ps(set(kFar * kAtFar), w.at[1], far_even), w.at[2]}};
}

inline Vectors<4> transform4(const Vectors<3>& w) {
  const __m512 even = _mm512_mul_ps(set(0.5F), _mm512_add_ps(w.at[0], w.at[2]));
  const __m512 odd = _mm512_mul_ps(set(0.5F), w.at[1]);
  return {{w.at[0], _mm512_add_ps(even, odd), _mm512_sub_ps(even, odd), w.at[2]}};
}

template <int N>
inline Vectors<N> transform(const Vectors<3>& w) {
  if constexpr (N == 6)
    return transform6(w);
  else
    return transform4(w);
}

// Taps of one tap in time.
inline void gather(const KernelTile& tile, int tap, __m512i offsets, __mmask16 lanes, Vectors<9>& out) {
  const int count = tile.taps * 9;
#pragma GCC unroll 9
  for (int k = 0; k < 9; ++k) {
    const int place = tap * 9 + k;
    out.at[k] = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes, offsets,
                                         tile.kernel + (tile.turned ? count - 1 - place : place), 4);
  }
}

inline void write(const KernelTile& tile, float* to, __m512 value) {
  if (tile.streamed)
    _mm512_stream_ps(to, value);
  else
    _mm512_store_ps(to, value);
}

template <int N>
void spread(const KernelTile& tile, const Vectors<9>& w, float* u) {
  Vectors<N> half[3];
#pragma GCC unroll 3
  for (int j = 0; j < 3; ++j) half[j] = transform<N>({{w.at[j], w.at[3 + j], w.at[6 + j]}});
#pragma GCC unroll 6
  for (int i = 0; i < N; ++i) {
    const Vectors<N> row = transform<N>({{half[0].at[i], half[1].at[i], half[2].at[i]}});
#pragma GCC unroll 6
    for (int j = 0; j < N; ++j) write(tile, u + (i * N + j) * tile.point_stride, row.at[j]);
  }
}

template <int N, Time kTime>
void kernels_to_points(const KernelTile& tile) {
  const auto lanes = static_cast<__mmask16>((1U << static_cast<unsigned>(tile.lanes)) - 1U);
  const __m512i offsets =
      _mm512_mullo_epi32(_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
                         _mm512_set1_epi32(static_cast<int>(tile.lane_stride)));
  if constexpr (kTime == Time::none) {
    Vectors<9> w;
    gather(tile, tile.taps / 2, offsets, lanes, w);
    spread<N>(tile, w, tile.u);
    return;
  }
  Vectors<9> w0, w1, w2, made;
  gather(tile, 0, offsets, lanes, w0);
  gather(tile, 1, offsets, lanes, w1);
  gather(tile, 2, offsets, lanes, w2);
  if constexpr (kTime == Time::two_frames) {
    spread<N>(tile, w1, tile.u);
    for (int k = 0; k < 9; ++k) made.at[k] = _mm512_sub_ps(w2.at[k], w1.at[k]);
    spread<N>(tile, made, tile.u + tile.time_stride);
    for (int k = 0; k < 9; ++k) made.at[k] = _mm512_sub_ps(w0.at[k], w1.at[k]);
    spread<N>(tile, made, tile.u + 2 * tile.time_stride);
  } else {
    for (int k = 0; k < 9; ++k) {
      const __m512 even = _mm512_mul_ps(set(0.5F), _mm512_add_ps(w0.at[k], w2.at[k]));
      const __m512 odd = _mm512_mul_ps(set(0.5F), w1.at[k]);
      made.at[k] = _mm512_add_ps(even, odd);
      w1.at[k] = _mm512_sub_ps(even, odd);
    }
    spread<N>(tile, made, tile.u);
    spread<N>(tile, w1, tile.u + tile.time_stride);
    spread<N>(tile, w0, tile.u + 2 * tile.time_stride);
    spread<N>(tile, w2, tile.u + 3 * tile.time_stride);
  }
}

template <int N>
KernelFunction choose(Time time) {
  if (time == Time::none) return kernels_to_points<N, Time::none>;
  return time == Time::pair ? kernels_to_points<N, Time::pair> : kernels_to_points<N, Time::two_frames>;
}

}  // namespace

KernelFunction avx512_kernel(int outputs, Time time) {
  return outputs == 4 ? choose<6>(time) : choose<4>(time);
}

}  // namespace actionflow::kernels::winograd
