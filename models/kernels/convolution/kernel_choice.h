// Which of its candidates runs a convolution, where that has been measured.
//
// A choice belongs to what one position costs: kernel, strides, padding, channels, picture, types. It does
// not depend on clips or frames, nor on what else the kernel does to its result, so that a network computes
// the same bits whole and in pieces.
#pragma once

#include <string>
#include <vector>

#include "models/kernels/layout.h"

namespace actionflow::kernels {

struct ConvolutionProblem;

struct MeasuredCandidate {
  std::string name;
  double milliseconds = 0;
  double error = 0;  // the greatest beside sums in double, over the greatest of these
  bool operator==(const MeasuredCandidate&) const = default;
};

struct KernelChoice {
  std::string taken;                        // the candidate's name
  std::vector<MeasuredCandidate> measured;  // those that take the problem, in their fixed order
  bool operator==(const KernelChoice&) const = default;
};

// "3x3x3 of 64 at 56x56 f32 to 64 at 56x56 f32, pad 1x1x1": what a choice belongs to.
std::string choice_key(const Convolution& operation, const Layout& in, const Layout& out);

// Asked while a plan is made.
class KernelChooser {
 public:
  virtual ~KernelChooser() = default;
  // Null: the candidates are asked in their fixed order. Stands until the next call of choose().
  virtual const KernelChoice* choose(const ConvolutionProblem& problem) const = 0;
  // What has been chosen before.
  virtual const KernelChoice* find(const std::string& key) const = 0;
};

}  // namespace actionflow::kernels
