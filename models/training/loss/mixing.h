// Clips of a batch blended with one another as they enter a network.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/kernels/entry.h"

namespace actionflow {

// Mixup (Zhang et al. 2018): clip i becomes λ_i·clip i + (1−λ_i)·clip partner_i, after normalising. The
// targets that the caller gives are already mixed.
struct Mixing {
  std::vector<int> partner;
  std::vector<float> lambda;
};

// As kernels::normalise_frames, then blended: of a batch's frames the clips from `first` on, as many as the
// layout has. Their partners stand anywhere in the batch. Throws std::invalid_argument where `mixing` is not
// one partner and share for each clip of the batch.
void normalise_mixed(std::span<const std::uint8_t* const> frames, const kernels::Normalisation& normalisation,
                     const Mixing& mixing, std::int64_t first, const kernels::Layout& layout, void* out);

}  // namespace actionflow
