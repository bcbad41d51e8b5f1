// A kernel among values of other types than its own: inputs are converted before it runs, its result after.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// One value as the plan holds it, and as the kernel reads or writes it: the same but for type and scale.
struct Conversion {
  Layout held, own;
  bool needed() const { return !(held == own); }
};

Conversion in_f32(const Layout& held);
std::vector<Conversion> all_in_f32(const std::vector<Layout>& held);

std::unique_ptr<Kernel> make_converted(std::unique_ptr<Kernel> kernel, const std::vector<Conversion>& in,
                                       const Conversion& out);

}  // namespace actionflow::kernels
