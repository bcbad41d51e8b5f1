#include "models/kernels/dense/gated_product.h"

#include <omp.h>

#include <algorithm>
#include <string>
#include <vector>

#include "models/kernels/dense/dense.h"
#include "models/kernels/elementwise/post_operations.h"
#include "models/kernels/parallel.h"
#include "models/kernels/simd/vector.h"

namespace actionflow::kernels {
namespace {

// Positions that are gated at once.
constexpr std::int64_t kGatedTogether = 24;

// One number a channel for all positions of a frame, or of a clip. Of a single frame both are the same, so
// that networks for streams join whole sequences as they do single samples.
bool gates(const Layout& gate, const Layout& other) {
  const Extents &a = gate.extents, &b = other.extents;
  return a.h * a.w == 1 && b.h * b.w > 1 && (a.t == 1 || a.t == b.t) && a.c == b.c &&
         gate.padded == other.padded && gate.type == ElementType::f32;
}

class GatedProductKernel final : public Kernel {
 public:
  explicit GatedProductKernel(const GatedProduct& p)
      : in_(p.product.in),
        out_(p.product.out),
        gated_(gates(p.left, p.right) ? 1 : 0),
        gates_((gated_ == 1 ? p.left : p.right).extents.t),
        activation_(p.activation),
        product_(p.product.kernel, p.product.bias, out_.extents.c, in_.extents.c),
        adds_(adds_at_once(p.product.post_operations)),
        post_(behind_sum(p.product.post_operations), out_.padded),
        zeros_(static_cast<std::size_t>(in_.padded), 0.0F),
        threads_(omp_get_max_threads()) {}

  std::string implementation() const override {
    return std::string("own:gate+dense:") + vector_kernels().name;
  }
  std::size_t weight_bytes() const override { return product_.bytes(); }
  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(threads_ * kGatedTogether * in_.padded) * sizeof(float);
  }

  void run(const Arguments& arguments) const override {
    const std::int64_t positions = in_.extents.positions() / gates_,
                       parts = (positions + kGatedTogether - 1) / kGatedTogether;
    const int threads =
        out_.elements() * in_.extents.c < kWorthThreads ? 1 : std::min(threads_, omp_get_max_threads());
#pragma omp parallel for schedule(static) num_threads(threads)
    for (std::int64_t i = 0; i < in_.batch * gates_ * parts; ++i) {
      const std::int64_t first = i % parts * kGatedTogether;
      multiply(arguments, i / parts, i / parts * positions + first,
               std::min(kGatedTogether, positions - first));
    }
  }

 private:
  void multiply(const Arguments& arguments, std::int64_t gates, std::int64_t row, std::int64_t count) const {
    const auto* in = static_cast<const float*>(arguments.inputs[gated_]) + row * in_.padded;
    const auto* gate = static_cast<const float*>(arguments.inputs[1 - gated_]) + gates * in_.padded;
    float* gated =
        static_cast<float*>(arguments.scratch) + omp_get_thread_num() * kGatedTogether * in_.padded;
    vector_kernels().scale_shift(in, gate, zeros_.data(), gated, count, in_.padded);
    if (activation_) vector_kernels().activate(*activation_, gated, gated, count * in_.padded);
    product_.run_alone(gated, in_.padded, count, static_cast<float*>(arguments.output) + row * out_.padded,
                       out_.padded, adds_);
    if (!post_.empty()) post_.apply(arguments, row, count);
  }

  Layout in_, out_;
  std::size_t gated_;   // which input is; the other is the gate
  std::int64_t gates_;  // of a clip
  std::optional<Activation> activation_;
  Product product_;
  bool adds_;
  RowPostOperations post_;
  std::vector<float> zeros_;
  int threads_;
};

}  // namespace

bool joins_gate(const GatedProduct& p) {
  return p.gate.kind == Elementwise::Kind::multiply && p.gate.scale == 1 &&
         (gates(p.left, p.right) || gates(p.right, p.left)) && is_pointwise(p.product) &&
         p.product.out.padded % kChannelBlock == 0 &&
         (!p.activation || p.activation->kind != ActivationKind::softmax);
}

std::unique_ptr<Kernel> gated_product(const GatedProduct& p) {
  if (adds_in_place(behind_sum(p.product.post_operations))) return nullptr;
  return std::make_unique<GatedProductKernel>(p);
}

}  // namespace actionflow::kernels
