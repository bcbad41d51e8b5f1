#include <immintrin.h>

#include <algorithm>
#include <vector>

#include "datasets/pictures/scaling/scale_kernels.h"

namespace actionflow {

namespace {

#include "datasets/pictures/scaling/scale_kernels.inc"

constexpr int kBlock = 32;  // samples at a time

// Two rows at a time: their samples side by side, times their two weights, added in 32 bits.
struct Sums {
  __m256i low, high;

  void add(const std::uint8_t* first, const std::uint8_t* second, __m256i weights) {
    const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(first)));
    const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(second)));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weights));
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), weights));
  }

  void store(std::int16_t* out) const {
    constexpr int kShift = kWeightBits - kFractionBits;
    const __m256i samples =
        _mm256_packs_epi32(_mm256_srai_epi32(low, kShift), _mm256_srai_epi32(high, kShift));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), samples);
  }
};

__m256i weight_pair(std::int16_t first, std::int16_t second) {
  const auto bits = static_cast<std::uint32_t>(static_cast<std::uint16_t>(first)) |
                    static_cast<std::uint32_t>(static_cast<std::uint16_t>(second)) << 16;
  return _mm256_set1_epi32(static_cast<std::int32_t>(bits));
}

void prefetch(const std::uint8_t* row, std::ptrdiff_t ahead) {
  // The address may lie past the picture, where a pointer may not go.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  _mm_prefetch(reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(row) +
                                             static_cast<std::uintptr_t>(ahead)),
               _MM_HINT_T0);
}

void blend_block(const std::uint8_t* const* rows, const std::int16_t* weights, int count, int x,
                 std::int16_t* out) {
  const __m256i half = _mm256_set1_epi32(1 << (kWeightBits - kFractionBits - 1));
  Sums left{half, half};
  Sums right{half, half};
  // The rows of the next output lie that much further; a prefetch beyond the picture does nothing.
  const std::ptrdiff_t ahead = rows[count - 1] - rows[0] + x;
  for (int k = 0; k < count; k += 2) {
    const int next = std::min(k + 1, count - 1);
    prefetch(rows[k], ahead);
    prefetch(rows[next], ahead);
    const __m256i pair = weight_pair(weights[k], next > k ? weights[next] : std::int16_t{0});
    left.add(rows[k] + x, rows[next] + x, pair);
    right.add(rows[k] + x + 16, rows[next] + x + 16, pair);
  }
  left.store(out + x);
  right.store(out + x + 16);
}

void blend_rows(const std::uint8_t* const* rows, const std::int16_t* weights, int count, int width,
                std::int16_t* out) {
  if (width < kBlock) return blend_rows_from(0, rows, weights, count, width, out);
  for (int x = 0; x + kBlock <= width; x += kBlock) blend_block(rows, weights, count, x, out);
  if (width % kBlock != 0) blend_block(rows, weights, count, width - kBlock, out);
}

__m256i output_sums(const std::int16_t* in, const Axis& axis, int output) {
  const std::int16_t* samples = in + axis.first[static_cast<std::size_t>(output)];
  const std::int16_t* weights = axis.weights_of(output);
  __m256i sum = _mm256_setzero_si256();
  for (int k = 0; k < axis.taps; k += kTapMultiple) {
    const __m256i s = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(samples + k));
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(weights + k));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(s, w));
  }
  return sum;
}

void resample_row(const std::int16_t* in, const Axis& axis, std::int16_t* out) {
  const __m128i half = _mm_set1_epi32(1 << (kWeightBits - 1));
  int i = 0;
  for (; i + 4 <= axis.outputs(); i += 4) {
    const __m256i first = _mm256_hadd_epi32(output_sums(in, axis, i), output_sums(in, axis, i + 1));
    const __m256i second = _mm256_hadd_epi32(output_sums(in, axis, i + 2), output_sums(in, axis, i + 3));
    const __m256i both = _mm256_hadd_epi32(first, second);
    const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1));
    const __m128i values = _mm_srai_epi32(_mm_add_epi32(sums, half), kWeightBits);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i), _mm_packs_epi32(values, values));
  }
  resample_row_from(i, in, axis, out);
}

}  // namespace

const ScaleKernels* avx2_scale_kernels() {
  static constexpr ScaleKernels kKernels{"avx2", blend_rows, resample_row, convert_row};
  return &kKernels;
}

}  // namespace actionflow
