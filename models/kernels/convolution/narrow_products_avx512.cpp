#include <immintrin.h>

#include <array>
#include <utility>

#include "models/kernels/convolution/narrow_products.h"

namespace actionflow::training {
namespace {

// kRows·kRun sums stay in registers over all positions.
template <int kRun, int kRows>
void multiply(const NarrowProduct& p, const float* const* rows, float* out) {
  __m512 sums[kRows][kRun];
#pragma GCC unroll 32
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 32
    for (int i = 0; i < kRun; ++i) sums[r][i] = _mm512_load_ps(out + (r * kRun + i) * p.sums_stride);
  const float* at[kRows];
#pragma GCC unroll 32
  for (int r = 0; r < kRows; ++r) at[r] = rows[r];
  const float* gradient = p.gradient;
  for (std::int64_t position = 0; position < p.positions; ++position, gradient += p.gradient_stride) {
    const __m512 g = _mm512_load_ps(gradient);
#pragma GCC unroll 32
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 32
      for (int i = 0; i < kRun; ++i) sums[r][i] = _mm512_fmadd_ps(_mm512_set1_ps(at[r][i]), g, sums[r][i]);
      at[r] += p.step;
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 32
    for (int i = 0; i < kRun; ++i) _mm512_store_ps(out + (r * kRun + i) * p.sums_stride, sums[r][i]);
}

template <int kRun>
void all_rows(const NarrowProduct& p) {
  constexpr int kMost = kRun <= 3 ? 9 : kRun <= 9 ? 3 : kRun <= 14 ? 2 : 1;
  int row = 0;
  const auto out = [&] { return p.sums + std::int64_t{row} * kRun * p.sums_stride; };
  for (; row + kMost <= p.row_count; row += kMost) multiply<kRun, kMost>(p, p.rows + row, out());
  for (; row < p.row_count; ++row) multiply<kRun, 1>(p, p.rows + row, out());
}

inline __m512 load(const float* p) { return _mm512_loadu_ps(p); }
inline __m512 load(const std::uint16_t* p) {
  // The forms with a mask do not upset GCC 12's warnings.
  const __m512i wide =
      _mm512_maskz_cvtepu16_epi32(0xFFFF, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  return _mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xFFFF, wide, 16));
}

template <class Element>
void read_gradient(const NarrowGradient& g) {
  const auto* gradient = static_cast<const Element*>(g.gradient);
  const auto* mask = static_cast<const Element*>(g.mask);
  __m512 sum = _mm512_load_ps(g.sums);
  for (std::int64_t i = 0; i < g.positions * g.stride; i += g.stride) {
    __m512 value = load(gradient + i);
    if (mask != nullptr)
      value = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(load(mask + i), _mm512_setzero_ps(), _CMP_GT_OQ), value);
    _mm512_store_ps(g.out + i, value);
    sum = _mm512_add_ps(sum, value);
  }
  _mm512_store_ps(g.sums, sum);
}

using Function = void (*)(const NarrowProduct&);

template <int... kRuns>
constexpr std::array<Function, sizeof...(kRuns)> functions(std::integer_sequence<int, kRuns...>) {
  return {all_rows<kRuns + 1>...};
}

}  // namespace

void avx512_narrow_gradient(const NarrowGradient& gradient) {
  if (gradient.bf16)
    read_gradient<std::uint16_t>(gradient);
  else
    read_gradient<float>(gradient);
}

void avx512_narrow_product(const NarrowProduct& product) {
  static constexpr auto kFunctions = functions(std::make_integer_sequence<int, kLongestRun>());
  kFunctions[static_cast<std::size_t>(product.run - 1)](product);
}

}  // namespace actionflow::training
