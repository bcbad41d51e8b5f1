#include "datasets/pictures/scaling/scale_kernels.h"

#include <algorithm>
#include <vector>

#include "base/machine/processor.h"

namespace actionflow {

namespace {

#include "datasets/pictures/scaling/scale_kernels.inc"

// Row by row over a strip that stays in the first cache, so that the compiler can use vectors.
void blend_rows(const std::uint8_t* const* rows, const std::int16_t* weights, int count, int width,
                std::int16_t* out) {
  constexpr int kStrip = 256;
  constexpr int kShift = kWeightBits - kFractionBits;
  std::int32_t sums[kStrip];
  for (int begin = 0; begin < width; begin += kStrip) {
    const int length = std::min(kStrip, width - begin);
    std::fill_n(sums, length, 1 << (kShift - 1));
    for (int k = 0; k < count; ++k) {
      const std::uint8_t* row = rows[k] + begin;
      const std::int32_t weight = weights[k];
      for (int x = 0; x < length; ++x) sums[x] += weight * row[x];
    }
    for (int x = 0; x < length; ++x) out[begin + x] = to_sample(sums[x] >> kShift);
  }
}

void resample_row(const std::int16_t* in, const Axis& axis, std::int16_t* out) {
  resample_row_from(0, in, axis, out);
}

}  // namespace

const ScaleKernels* generic_scale_kernels() {
  static constexpr ScaleKernels kKernels{"generic", blend_rows, resample_row, convert_row};
  return &kKernels;
}

const ScaleKernels& scale_kernels() {
  static const ScaleKernels& best = choose(generic_scale_kernels(), avx2_scale_kernels());
  return best;
}

}  // namespace actionflow
