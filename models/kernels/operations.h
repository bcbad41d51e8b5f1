// Makers of the kernels that are not convolutions, products or recurrences. Channels last; f32, but what only
// moves values takes any one type.
#pragma once

#include <memory>
#include <vector>

#include "models/kernels/kernel.h"
#include "models/kernels/layout.h"

namespace actionflow::kernels {

// Padding channels of results are zero, except where an activation makes something else of zero.
std::unique_ptr<Kernel> make_pooling(const Pooling& operation, const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_reduction(const Reduction& operation, const Layout& in, const Layout& out);

// Post-operations on their own, in order: activations, batch norm, sums.
std::unique_ptr<Kernel> make_pointwise(const std::vector<PostOperation>& operations, const Layout& layout);
std::unique_ptr<Kernel> make_prelu(const std::vector<float>& alpha, const Layout& layout);
std::unique_ptr<Kernel> make_softmax(const Layout& layout);
std::unique_ptr<Kernel> make_elementwise(const Elementwise& operation, const std::vector<Layout>& in,
                                         const Layout& out);

std::unique_ptr<Kernel> make_concat(const std::vector<Layout>& in, const Layout& out);
// As many channels as `out` has, from `first` on: a concat's part.
std::unique_ptr<Kernel> make_select_channels(std::int64_t first, const Layout& in, const Layout& out);
// Both read as T,H,W,C without padding.
std::unique_ptr<Kernel> make_permute(const Permute& operation, const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_reshape(const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_history(const History& operation, const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_select_frame(int frame, const Layout& in, const Layout& out);

}  // namespace actionflow::kernels
