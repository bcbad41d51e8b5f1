// Makers of the kernels that are not convolutions, products, attention or recurrences. Channels last; f32,
// but what only moves values takes any one type, and concat, slices and layer norm each value's own.
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

// gamma and beta: one a channel of a group.
std::unique_ptr<Kernel> make_layer_norm(const LayerNorm& operation, std::vector<float> gamma,
                                        std::vector<float> beta, const Layout& in, const Layout& out);

std::unique_ptr<Kernel> make_concat(const Concat& operation, const std::vector<Layout>& in,
                                    const Layout& out);
// From a concat's gradient to that of its part that begins `first` steps behind its axis' begin: sums over
// what was repeated.
std::unique_ptr<Kernel> make_concat_gradient(const Concat& operation, std::int64_t first, const Layout& whole,
                                             const Layout& part);
std::unique_ptr<Kernel> make_slice(const Slice& operation, const Layout& in, const Layout& out);
// Both read as T,H,W,C without padding.
std::unique_ptr<Kernel> make_permute(const Permute& operation, const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_reshape(const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_history(const History& operation, const Layout& in, const Layout& out);
std::unique_ptr<Kernel> make_cumulative_mean(const Layout& layout);
std::unique_ptr<Kernel> make_select_frames(const SelectFrames& operation, const Layout& in,
                                           const Layout& out);
// Backward: what went to a neighbour comes back from it, from the result's gradient to the input's; both
// sides padded where the operation reads them.
enum class Direction { forward, backward };
std::unique_ptr<Kernel> make_time_shift(const TimeShift& operation, Direction direction, const Layout& in,
                                        const Layout& out);

}  // namespace actionflow::kernels
