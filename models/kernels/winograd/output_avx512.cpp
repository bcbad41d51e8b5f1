#include "models/kernels/winograd/elements.inc"
#include "models/kernels/winograd/transforms.h"

namespace actionflow::kernels::winograd {
namespace {

// Products at the interpolation points to outputs, along one axis.
inline Vectors<4> transform(const Vectors<6>& in) {
  const auto& m = in.at;
  const __m512 near_sum = _mm512_add_ps(m[1], m[2]), near_difference = _mm512_sub_ps(m[1], m[2]);
  const __m512 far_sum = _mm512_add_ps(m[3], m[4]), far_difference = _mm512_sub_ps(m[3], m[4]);
  const __m512 near2 = set(kNear * kNear), far2 = set(kFar * kFar);
  const __m512 near_term = _mm512_mul_ps(set(kNear), near_difference);
  const __m512 far_term = _mm512_mul_ps(set(kFar), far_difference);
  return {{_mm512_add_ps(m[0], _mm512_add_ps(near_sum, far_sum)), _mm512_add_ps(near_term, far_term),
           _mm512_fmadd_ps(near2, near_sum, _mm512_mul_ps(far2, far_sum)),
           _mm512_fmadd_ps(near2, near_term, _mm512_fmadd_ps(far2, far_term, m[5]))}};
}

inline Vectors<2> transform(const Vectors<4>& in) {
  const auto& m = in.at;
  return {{_mm512_add_ps(m[0], _mm512_add_ps(m[1], m[2])), _mm512_add_ps(_mm512_sub_ps(m[1], m[2]), m[3])}};
}

inline __m512 finish(const OutputTile& tile, __m512 value, std::int64_t offset) {
  for (int i = 0; i < tile.post_count; ++i) {
    const Post& post = tile.posts[i];
    if (post.kind == Post::Kind::relu) {
      value = _mm512_maskz_max_ps(0xFFFF, _mm512_setzero_ps(), value);  // NaN stays
    } else if (post.kind == Post::Kind::add) {
      value = _mm512_add_ps(value, _mm512_load_ps(post.first + offset));
    } else {
      value = _mm512_fmadd_ps(value, _mm512_load_ps(post.first), _mm512_load_ps(post.second));
    }
  }
  return value;
}

// One frame of a tile: N×N points to (N−2)×(N−2) outputs.
template <int N, class Element>
void output_frame(const OutputTile& tile, const float* m, std::int64_t frame_offset) {
  constexpr int F = N - 2;
  Vectors<F> half[N];
#pragma GCC unroll 6
  for (int j = 0; j < N; ++j) {
    Vectors<N> column;
#pragma GCC unroll 6
    for (int i = 0; i < N; ++i) column.at[i] = _mm512_load_ps(m + (i * N + j) * tile.point_stride);
    half[j] = transform(column);
  }
  const __m512 bias = _mm512_load_ps(tile.bias);
#pragma GCC unroll 4
  for (int i = 0; i < F; ++i) {
    if (i >= tile.rows) return;
    Vectors<N> row;
#pragma GCC unroll 6
    for (int j = 0; j < N; ++j) row.at[j] = half[j].at[i];
    const Vectors<F> result = transform(row);
#pragma GCC unroll 4
    for (int j = 0; j < F; ++j) {
      if (j >= tile.columns) break;
      const std::int64_t offset = frame_offset + i * tile.row_stride + j * tile.column_stride;
      save(static_cast<Element*>(tile.out) + offset, finish(tile, _mm512_add_ps(result.at[j], bias), offset));
    }
  }
}

template <int N, int kFrames, class Element>
void output_tile(const OutputTile& tile) {
  for (int frame = 0; frame < tile.frames; ++frame) {
    const float* m = tile.m + frame / kFrames * tile.m_row_stride + frame % kFrames * tile.m_frame_stride;
    output_frame<N, Element>(tile, m, frame * tile.frame_stride);
  }
}

template <int N, class Element>
OutputFunction choose(Time time) {
  return time == Time::none ? output_tile<N, 1, Element> : output_tile<N, 2, Element>;
}

template <class Element>
OutputFunction choose(int outputs, Time time) {
  return outputs == 4 ? choose<6, Element>(time) : choose<4, Element>(time);
}

}  // namespace

OutputFunction avx512_output(int outputs, Time time, ElementType type) {
  return type == ElementType::f32 ? choose<float>(outputs, time) : choose<Bf16>(outputs, time);
}

}  // namespace actionflow::kernels::winograd
