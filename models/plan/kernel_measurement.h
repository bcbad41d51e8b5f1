// Kernels chosen by measuring: every candidate of each convolution is run on its shape as a plan is made, and
// the fastest is taken whose error is within bounds.
//
//   kernels::KernelChoices choices;
//   KernelMeasurement measurement(threads, choices);
//   Network::compile(architecture, weights, {.threads = threads, .kernels = &measurement});
//   choices.write(file);
#pragma once

#include <functional>
#include <set>
#include <string>

#include "models/kernels/convolution/kernel_choices.h"

namespace actionflow {

// Greatest errors beside sums in double, over the greatest of these, with which a candidate may be taken.
inline constexpr double kMostErrorF32 = 1e-5;
inline constexpr double kMostErrorBf16 = 2e-2;

// Of random input, weights that are the network's, without what a kernel does to its result behind the
// convolution. Two rounds in turn; where two are within three hundredths the earlier in the fixed order is
// taken. What sums integers is left in its fixed order: all of them give the same bits. One thread at a time.
class KernelMeasurement final : public kernels::KernelChooser {
 public:
  using Told = std::function<void(const std::string& key, const kernels::KernelChoice& choice)>;

  // `into` has to outlive it; what is in it already is measured anew. `told` hears of each choice.
  KernelMeasurement(int threads, kernels::KernelChoices& into, Told told = {});

  const kernels::KernelChoice* choose(const kernels::ConvolutionProblem& problem) const override;
  const kernels::KernelChoice* find(const std::string& key) const override { return into_.find(key); }

 private:
  int threads_;
  kernels::KernelChoices& into_;
  Told told_;
  mutable std::set<std::string> measured_;
};

}  // namespace actionflow
