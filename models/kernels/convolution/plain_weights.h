// Parameters between their plain form and one with padding channels, where groups are written out as zeros.
#pragma once

#include <cstdint>

#include "models/kernels/layout.h"

namespace actionflow::training {

// A convolution's kernel O×(I/groups)×taps beside the dense one of padded O × padded I × taps.
class KernelPadding {
 public:
  KernelPadding(const Convolution& operation, const kernels::Layout& in, const kernels::Layout& out);

  bool needed() const;  // else the two forms are the same memory
  std::int64_t padded_floats() const { return padded_outputs_ * padded_inputs_ * taps_; }
  void pad(const float* plain, float* padded) const;
  void add_unpadded(const float* padded, float* plain) const;

 private:
  // Where output o's inputs begin in the dense row.
  std::int64_t first_input(std::int64_t o) const { return o / (outputs_ / groups_) * inputs_; }

  std::int64_t outputs_, inputs_, groups_, taps_, padded_outputs_, padded_inputs_;  // inputs of one group
};

}  // namespace actionflow::training
