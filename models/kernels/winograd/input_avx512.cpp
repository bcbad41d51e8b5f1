#include "models/kernels/winograd/elements.inc"
#include "models/kernels/winograd/transforms.h"

namespace actionflow::kernels::winograd {
namespace {

constexpr float kNear2 = kNear * kNear, kFar2 = kFar * kFar;

// The input transform along one axis: values of the tile at the interpolation points' dual basis.
inline Vectors<6> transform(const Vectors<6>& in) {
  const auto& d = in.at;
  const __m512 both = set(kNear2 + kFar2), product = set(kNear2 * kFar2);
  const __m512 even_near = _mm512_fnmadd_ps(set(kFar2), d[2], d[4]);
  const __m512 odd_near = _mm512_fnmadd_ps(set(kFar2), d[1], d[3]);
  const __m512 even_far = _mm512_fnmadd_ps(set(kNear2), d[2], d[4]);
  const __m512 odd_far = _mm512_fnmadd_ps(set(kNear2), d[1], d[3]);
  return {{_mm512_fmadd_ps(product, d[0], _mm512_fnmadd_ps(both, d[2], d[4])),
           _mm512_fmadd_ps(set(kNear), odd_near, even_near),
           _mm512_fnmadd_ps(set(kNear), odd_near, even_near), _mm512_fmadd_ps(set(kFar), odd_far, even_far),
           _mm512_fnmadd_ps(set(kFar), odd_far, even_far),
           _mm512_fmadd_ps(product, d[1], _mm512_fnmadd_ps(both, d[3], d[5]))}};
}

inline Vectors<4> transform(const Vectors<4>& in) {
  const auto& d = in.at;
  return {{_mm512_sub_ps(d[0], d[2]), _mm512_add_ps(d[1], d[2]), _mm512_sub_ps(d[2], d[1]),
           _mm512_sub_ps(d[3], d[1])}};
}

// Where a frame of the tile begins.
template <class Element>
const Element* frame_at(const InputTile& tile, int frame) {
  return static_cast<const Element*>(tile.source) + frame * tile.frame_stride;
}

// One frame's tile at all N×N points: point p at out + p·stride.
template <int N, class Element>
void transform_frame(const InputTile& tile, int frame, float* out, std::int64_t stride) {
  const Element* source = frame_at<Element>(tile, frame);
  Vectors<N> half[N];
#pragma GCC unroll 6
  for (int i = 0; i < N; ++i) {
    Vectors<N> row;
    const Element* at = source + i * tile.row_stride;
    const bool present = (tile.rows >> i & 1U) != 0;
#pragma GCC unroll 6
    for (int j = 0; j < N; ++j) {
      row.at[j] =
          present ? load(at + j * tile.column_stride, (tile.columns >> j & 1U) != 0) : _mm512_setzero_ps();
    }
    half[i] = transform(row);
  }
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
    Vectors<N> column;
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) column.at[i] = half[i].at[j];
    column = transform(column);
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) _mm512_store_ps(out + (i * N + j) * stride, column.at[i]);
  }
}

// What will be read two frames later, of this tile or the next, is asked for early.
template <int N, class Element>
void prefetch_frame(const InputTile& tile, int frame) {
  const Element* source = frame < tile.frames ? frame_at<Element>(tile, frame)
                                              : static_cast<const Element*>(tile.next) +
                                                    (frame - tile.frames) * tile.frame_stride;
  for (int i = 0; i < N; ++i) {
    if ((tile.rows >> i & 1U) == 0) continue;
#pragma GCC unroll 6
    for (int j = 0; j < N; ++j) {
      _mm_prefetch(reinterpret_cast<const char*>(source + i * tile.row_stride + j * tile.column_stride),
                   _MM_HINT_T0);
    }
  }
}

template <int N, class Element>
void input_frames(const InputTile& tile) {
  for (int frame = 0; frame < tile.frames; ++frame) {
    prefetch_frame<N, Element>(tile, frame + 2);
    transform_frame<N, Element>(tile, frame, tile.v + std::ptrdiff_t{frame} * kLanes, tile.point_stride);
  }
}

template <int N>
using Spectrum = float[std::size_t{N} * N * kLanes];

template <int N, class Element>
void spectrum(const InputTile& tile, int frame, Spectrum<N>& out) {
  if (frame >= 0 && frame < tile.frames) {
    prefetch_frame<N, Element>(tile, frame + 2);
    transform_frame<N, Element>(tile, frame, out, kLanes);
    return;
  }
  for (int p = 0; p < N * N; ++p) _mm512_store_ps(out + p * kLanes, _mm512_setzero_ps());
}

template <int N>
void combine_pair(const InputTile& tile, const Spectrum<N>& x0, const Spectrum<N>& x1, const Spectrum<N>& x2,
                  const Spectrum<N>& x3, float* v) {
  for (int p = 0; p < N * N; ++p, v += tile.point_stride) {
    const __m512 a = _mm512_load_ps(x0 + p * kLanes), b = _mm512_load_ps(x1 + p * kLanes);
    const __m512 c = _mm512_load_ps(x2 + p * kLanes), d = _mm512_load_ps(x3 + p * kLanes);
    _mm512_store_ps(v, _mm512_add_ps(b, c));
    _mm512_store_ps(v + tile.time_stride, _mm512_sub_ps(c, b));
    _mm512_store_ps(v + 2 * tile.time_stride, _mm512_sub_ps(a, c));
    _mm512_store_ps(v + 3 * tile.time_stride, _mm512_sub_ps(d, b));
  }
}

template <int N, class Element>
void input_pairs(const InputTile& tile) {
  alignas(64) Spectrum<N> ring[4];
  spectrum<N, Element>(tile, -tile.pad, ring[0]);
  spectrum<N, Element>(tile, 1 - tile.pad, ring[1]);
  for (int group = 0; group < tile.groups; ++group) {
    const int first = 2 * group;
    spectrum<N, Element>(tile, first + 2 - tile.pad, ring[(first + 2) % 4]);
    spectrum<N, Element>(tile, first + 3 - tile.pad, ring[(first + 3) % 4]);
    combine_pair<N>(tile, ring[first % 4], ring[(first + 1) % 4], ring[(first + 2) % 4],
                    ring[(first + 3) % 4], tile.v + group * kLanes);
  }
}

template <int N, class Element>
void input_two_frames(const InputTile& tile) {
  alignas(64) Spectrum<N> x0, x1;
  spectrum<N, Element>(tile, 0, x0);
  spectrum<N, Element>(tile, 1, x1);
  float* v = tile.v;
  for (int p = 0; p < N * N; ++p, v += tile.point_stride) {
    const __m512 a = _mm512_load_ps(x0 + p * kLanes), b = _mm512_load_ps(x1 + p * kLanes);
    _mm512_store_ps(v, _mm512_add_ps(a, b));
    _mm512_store_ps(v + tile.time_stride, b);
    _mm512_store_ps(v + 2 * tile.time_stride, a);
  }
}

template <int N, class Element>
InputFunction choose(Time time) {
  if (time == Time::none) return input_frames<N, Element>;
  return time == Time::pair ? input_pairs<N, Element> : input_two_frames<N, Element>;
}

template <class Element>
InputFunction choose(int outputs, Time time) {
  return outputs == 4 ? choose<6, Element>(time) : choose<4, Element>(time);
}

}  // namespace

InputFunction avx512_input(int outputs, Time time, ElementType type) {
  return type == ElementType::f32 ? choose<float>(outputs, time) : choose<Bf16>(outputs, time);
}

}  // namespace actionflow::kernels::winograd
