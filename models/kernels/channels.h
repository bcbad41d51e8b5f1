// What kernels do to whole rows of channels around their products.
#pragma once

#include "models/kernels/layout.h"

namespace actionflow::training {

// sums[c] += Σ over the value's rows, for its channels without padding, in an order fixed by the shape.
void add_column_sums(const kernels::Layout& layout, const void* values, float* sums);

// Zeros in the padding channels.
void clear_padding(const kernels::Layout& layout, void* values);

// The channels without padding of a value under another padding; one type.
void copy_channels(const kernels::Layout& from_layout, const void* from, const kernels::Layout& to_layout,
                   void* to);

// `count` floats as bf16.
void floats_to_bf16(const float* from, std::int64_t count, void* to);

}  // namespace actionflow::training
