// An f32 kernel among bf16 values: inputs are widened before it runs, its result is rounded after.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// `in` and `out` are the types and sizes that the plan holds; `kernel` reads and writes the same in f32.
std::unique_ptr<Kernel> make_converted(std::unique_ptr<Kernel> kernel, const std::vector<Layout>& in,
                                       const Layout& out);

}  // namespace actionflow::kernels
