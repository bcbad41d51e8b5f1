// The inner loops of scaling and colour, for each kind of processor.
//
// All arithmetic is on integers that cannot overflow, so every kind gives the same bytes. Between the
// loops a sample is an int16 with kFractionBits bits after the point, which leaves room for the
// overshoot of bicubic (±511).
#pragma once

#include <cstdint>

#include "datasets/pictures/scaling/scale_axis.h"

namespace actionflow {

inline constexpr int kFractionBits = 6;
inline constexpr int kColorBits = 13;
inline constexpr int kTapMultiple = 16;  // of the axes that resample_row takes

// One output channel of a colour conversion: Σ factor·component + bias. Factors have kColorBits bits
// after the point, the bias kColorBits + kFractionBits.
struct ColorRow {
  std::int32_t factor[3];
  std::int32_t bias;
};

struct ScaleKernels {
  const char* name;  // generic, avx2
  // out[x] = Σ weights[k]·rows[k][x], for x < width. Requires count ≥ 1.
  void (*blend_rows)(const std::uint8_t* const* rows, const std::int16_t* weights, int count, int width,
                     std::int16_t* out);
  // out[i] = Σ weights·in over the axis. Reads axis.taps samples from each first[i] on.
  void (*resample_row)(const std::int16_t* in, const Axis& axis, std::int16_t* out);
  // out[x] = the channel of components (in[0][x], in[1][x], in[2][x]), cut to 0…255.
  void (*convert_row)(const std::int16_t* const* in, const ColorRow& color, int width, std::uint8_t* out);
};

const ScaleKernels* generic_scale_kernels();
const ScaleKernels* avx2_scale_kernels();  // null where the build left it out
// The best for this processor, see base/machine/processor.h.
const ScaleKernels& scale_kernels();

}  // namespace actionflow
