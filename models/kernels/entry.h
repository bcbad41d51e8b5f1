// Where values enter and leave a plan: bytes or plain N×C×T×H×W in, plain N×C×T×H×W out.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/tensor/input_spec.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// What a byte becomes in each channel: scale·byte + shift.
struct Normalisation {
  std::vector<float> scale, shift;
};
// From bytes to ranged and normalised values.
Normalisation normalisation_of(const InputSpec& input, std::int64_t channels);

// Frames of H×W×C bytes, as many as layout.batch·layout.extents.t, become floats of `layout`.
void normalise_frames(std::span<const std::uint8_t* const> frames, const Normalisation& normalisation,
                      const Layout& layout, void* out);

void from_plain(const float* ncthw, const Layout& layout, void* out);
void to_plain(const void* in, const Layout& layout, float* ncthw);

}  // namespace actionflow::kernels
