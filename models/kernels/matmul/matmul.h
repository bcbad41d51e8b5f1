// Products of two computed matrices, one for each step of time and height. f32.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// Each element of the result is summed in one order, whatever the number of rows and threads.
std::unique_ptr<Kernel> make_matmul(const MatMul& operation, const std::vector<Layout>& in,
                                    const Layout& out);

}  // namespace actionflow::kernels
