#include <immintrin.h>

#include "models/kernels/attention/pair_product.h"

namespace actionflow::kernels {
namespace {

constexpr std::int64_t kPanel = 16;
constexpr int kRowsAtOnce = 12;

// Two neighbouring values of a row for all lanes.
inline __m512bh pair(const std::uint16_t* at) {
  std::int32_t bits = 0;
  __builtin_memcpy(&bits, at, sizeof bits);
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(bits));
}
inline __m512bh load(const std::uint16_t* at) { return reinterpret_cast<__m512bh>(_mm512_loadu_si512(at)); }

template <int Rows, int Panels>
inline void tile(const PairBlock& b, std::int64_t row, std::int64_t panel) {
  const std::uint16_t* in = b.in + row * b.in_stride;
  const std::uint16_t* weights = b.weights + panel * b.depth * kPanel;
  float* out = b.out + row * b.out_stride + panel * kPanel;
  __m512 sum[Rows][Panels];
  for (int r = 0; r < Rows; ++r)
    for (int p = 0; p < Panels; ++p)
      sum[r][p] = b.add ? _mm512_loadu_ps(out + r * b.out_stride + p * kPanel) : _mm512_setzero_ps();
  for (std::int64_t k = 0; k < b.depth; k += 2) {
    __m512bh w[Panels];
    for (int p = 0; p < Panels; ++p) w[p] = load(weights + (p * b.depth + k) * kPanel);
    for (int r = 0; r < Rows; ++r) {
      const __m512bh x = pair(in + r * b.in_stride + k);
      for (int p = 0; p < Panels; ++p) sum[r][p] = _mm512_dpbf16_ps(sum[r][p], x, w[p]);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int p = 0; p < Panels; ++p) _mm512_storeu_ps(out + r * b.out_stride + p * kPanel, sum[r][p]);
}

template <int Panels>
inline void rows_of_panels(const PairBlock& b, std::int64_t panel) {
  std::int64_t row = 0;
  for (; row + kRowsAtOnce <= b.rows; row += kRowsAtOnce) tile<kRowsAtOnce, Panels>(b, row, panel);
  for (; row + 4 <= b.rows; row += 4) tile<4, Panels>(b, row, panel);
  for (; row < b.rows; ++row) tile<1, Panels>(b, row, panel);
}

}  // namespace

void avx512_pair_product(const PairBlock& block) {
  std::int64_t panel = 0;
  for (; panel + 2 <= block.panels; panel += 2) rows_of_panels<2>(block, panel);
  for (; panel < block.panels; ++panel) rows_of_panels<1>(block, panel);
}

}  // namespace actionflow::kernels
