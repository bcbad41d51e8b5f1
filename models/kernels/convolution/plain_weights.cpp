#include "models/kernels/convolution/plain_weights.h"

#include <algorithm>

#include "models/kernels/parallel.h"

namespace actionflow::training {

KernelPadding::KernelPadding(const Convolution& operation, const kernels::Layout& in,
                             const kernels::Layout& out)
    : outputs_(operation.filters),
      inputs_(in.extents.c / operation.groups),
      groups_(operation.groups),
      taps_(std::int64_t{1} * operation.kernel[0] * operation.kernel[1] * operation.kernel[2]),
      padded_outputs_(out.padded),
      padded_inputs_(in.padded) {}

bool KernelPadding::needed() const {
  return groups_ != 1 || outputs_ != padded_outputs_ || inputs_ != padded_inputs_;
}

void KernelPadding::pad(const float* plain, float* padded) const {
  const std::int64_t row = padded_inputs_ * taps_;
  kernels::parallel_for(padded_outputs_, padded_outputs_ * row, [&](std::int64_t o) {
    float* to = padded + o * row;
    std::fill_n(to, row, 0.0F);
    if (o < outputs_) std::copy_n(plain + o * inputs_ * taps_, inputs_ * taps_, to + first_input(o) * taps_);
  });
}

void KernelPadding::add_unpadded(const float* padded, float* plain) const {
  const std::int64_t row = inputs_ * taps_;
  kernels::parallel_for(outputs_, outputs_ * row, [&](std::int64_t o) {
    const float* from = padded + (o * padded_inputs_ + first_input(o)) * taps_;
    for (std::int64_t i = 0; i < row; ++i) plain[o * row + i] += from[i];
  });
}

}  // namespace actionflow::training
