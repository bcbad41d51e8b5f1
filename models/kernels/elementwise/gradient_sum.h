// Elementwise work on gradients, of either element type; shared out among the OpenMP threads.
#pragma once

#include "models/kernels/layout.h"

namespace actionflow::training {

// to += from
void add_gradient(const kernels::Layout& layout, const void* from, void* to);

// out = value > 0 ? gradient : 0, with `value` and `gradient` in `layout`; `out` may be `gradient`, and may
// be of another type, `out_type`.
void mask_gradient(const kernels::Layout& layout, const void* value, const void* gradient,
                   kernels::ElementType out_type, void* out);

// The same numbers as another type.
void convert(const kernels::Layout& layout, const void* from, kernels::ElementType to_type, void* to);

}  // namespace actionflow::training
