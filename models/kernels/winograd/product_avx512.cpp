#include <immintrin.h>

#include "models/kernels/winograd/transforms.h"

namespace actionflow::kernels::winograd {
namespace {

// Registers: R rows of 32 outputs, two vectors a row.
template <int R>
struct Sums {
  __m512 at[R][2];

  void clear() {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) at[r][0] = at[r][1] = _mm512_setzero_ps();
  }
};

constexpr int kAhead = 1536;  // floats of U asked for early

// Weights that the next product needs, fetched from memory into the second-level cache while this one
// computes: an even share at each 16 channels.
class Upcoming {
 public:
  Upcoming(const float* begin, std::int64_t vectors, std::int64_t steps)
      : at_(begin), end_(begin + vectors * kLanes), step_((vectors + steps - 1) / steps * kLanes) {}

  void fetch() {
    const float* stop = at_ + step_ < end_ ? at_ + step_ : end_;
    for (; at_ < stop; at_ += kLanes) _mm_prefetch(reinterpret_cast<const char*>(at_), _MM_HINT_T1);
  }

 private:
  const float* at_;
  const float* end_;
  std::int64_t step_;
};

// One channel's outer product: R values of V, 16 floats apart, with 32 weights.
template <int R>
inline void outer(Sums<R>& sums, const float* v, const float* u) {
  const __m512 first = _mm512_load_ps(u), second = _mm512_load_ps(u + kLanes);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
    const __m512 value = _mm512_set1_ps(v[r * kLanes]);
    sums.at[r][0] = _mm512_fmadd_ps(value, first, sums.at[r][0]);
    sums.at[r][1] = _mm512_fmadd_ps(value, second, sums.at[r][1]);
  }
  _mm_prefetch(reinterpret_cast<const char*>(u + kAhead), _MM_HINT_T0);
  _mm_prefetch(reinterpret_cast<const char*>(u + kAhead + kLanes), _MM_HINT_T0);
}

// The next 16 channels of R rows of V.
template <int R>
inline void fetch_rows(const float* v) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) _mm_prefetch(reinterpret_cast<const char*>(v + r * kLanes), _MM_HINT_T0);
}

template <int R>
inline void accumulate(Sums<R>& sums, const Product& s, const float* v, const float* u, Upcoming& next) {
  for (std::int64_t block = 0; block < s.blocks; ++block, v += s.block_stride) {
    next.fetch();
    fetch_rows<R>(v + s.block_stride);
#pragma GCC unroll 2
    for (int k = 0; k < kLanes; ++k, u += kOutBlock) outer<R>(sums, v + k, u);
  }
}

// Two sums at once, each with its own V and U.
template <int R>
inline void accumulate_two(Sums<R>& a, Sums<R>& b, const Product& s, const float* v, const float* u,
                           Upcoming& next) {
  const std::int64_t other = s.blocks * kLanes * kOutBlock;
  for (std::int64_t block = 0; block < s.blocks; ++block, v += s.block_stride) {
    next.fetch();
    fetch_rows<R>(v + s.block_stride);
    fetch_rows<R>(v + s.time_stride + s.block_stride);
#pragma GCC unroll 2
    for (int k = 0; k < kLanes; ++k, u += kOutBlock) {
      outer<R>(a, v + k, u);
      outer<R>(b, v + s.time_stride + k, u + other);
    }
  }
}

template <int R>
inline void store(const Sums<R>& sums, const Product& s, float* m) {
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r, m += s.row_stride) {
    _mm512_store_ps(m, sums.at[r][0]);
    _mm512_store_ps(m + kLanes, sums.at[r][1]);
  }
}

template <int R>
void multiply_frames(const Product& s, const float* v, float* m, Upcoming next) {
  Sums<R> sums;
  sums.clear();
  accumulate<R>(sums, s, v, s.u, next);
  store<R>(sums, s, m);
}

template <int R>
void multiply_pairs(const Product& s, const float* v, float* m, Upcoming next) {
  const std::int64_t tap = s.blocks * kLanes * kOutBlock;
  Sums<R> a, b;
  a.clear();
  b.clear();
  accumulate_two<R>(a, b, s, v, s.u, next);
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      const __m512 sum = _mm512_add_ps(a.at[r][half], b.at[r][half]);
      b.at[r][half] = _mm512_sub_ps(a.at[r][half], b.at[r][half]);
      a.at[r][half] = sum;
    }
  }
  accumulate_two<R>(a, b, s, v + 2 * s.time_stride, s.u + 2 * tap, next);
  store<R>(a, s, m);
  store<R>(b, s, m + s.frame_stride);
}

template <int R>
void multiply_two_frames(const Product& s, const float* v, float* m, Upcoming next) {
  const std::int64_t tap = s.blocks * kLanes * kOutBlock;
  Sums<R> a, b;
  a.clear();
  accumulate<R>(a, s, v, s.u, next);
  b = a;
  accumulate_two<R>(a, b, s, v + s.time_stride, s.u + tap, next);
  store<R>(a, s, m);
  store<R>(b, s, m + s.frame_stride);
}

using RowsFunction = void (*)(const Product&, const float*, float*, Upcoming);

// Rows in groups of nearly equal size, at most kMost.
template <int kMost>
void in_groups(const Product& s, Time time, const RowsFunction (&functions)[kMost]) {
  const std::int64_t groups = (s.rows + kMost - 1) / kMost;
  const std::int64_t steps = s.blocks * frames_at_once(time);
  const std::int64_t panel = time_points(time) * s.blocks * kLanes * (kOutBlock / kLanes);
  const std::int64_t share = (panel + groups - 1) / groups;
  std::int64_t row = 0;
  for (std::int64_t group = 0; group < groups; ++group) {
    const std::int64_t count = (s.rows - row + groups - group - 1) / (groups - group);
    functions[count - 1](s, s.v + row * kLanes, s.m + row * s.row_stride,
                         Upcoming(s.next_u + group * share * kLanes, share, steps));
    row += count;
  }
}

void product_frames(const Product& s) {
  static constexpr RowsFunction kFunctions[14] = {
      multiply_frames<1>,  multiply_frames<2>,  multiply_frames<3>,  multiply_frames<4>, multiply_frames<5>,
      multiply_frames<6>,  multiply_frames<7>,  multiply_frames<8>,  multiply_frames<9>, multiply_frames<10>,
      multiply_frames<11>, multiply_frames<12>, multiply_frames<13>, multiply_frames<14>};
  in_groups(s, Time::none, kFunctions);
}

void product_pairs(const Product& s) {
  static constexpr RowsFunction kFunctions[7] = {multiply_pairs<1>, multiply_pairs<2>, multiply_pairs<3>,
                                                 multiply_pairs<4>, multiply_pairs<5>, multiply_pairs<6>,
                                                 multiply_pairs<7>};
  in_groups(s, Time::pair, kFunctions);
}

void product_two_frames(const Product& s) {
  static constexpr RowsFunction kFunctions[7] = {
      multiply_two_frames<1>, multiply_two_frames<2>, multiply_two_frames<3>, multiply_two_frames<4>,
      multiply_two_frames<5>, multiply_two_frames<6>, multiply_two_frames<7>};
  in_groups(s, Time::two_frames, kFunctions);
}

}  // namespace

ProductFunction avx512_product(Time time) {
  if (time == Time::none) return product_frames;
  return time == Time::pair ? product_pairs : product_two_frames;
}

}  // namespace actionflow::kernels::winograd
