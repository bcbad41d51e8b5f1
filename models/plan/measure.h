// What a plan runs, step by step, and how long each step takes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/kernels/convolution/kernel_choice.h"

namespace actionflow {

// One line of `inspect --plan`.
struct PlanStep {
  std::string name;            // the layers it stands for: "conv1 + bn1 + relu"
  std::string kind;            // convolution, pooling, dense, …
  std::string implementation;  // "brgconv:avx512_core", "own:winograd_4x4x2"
  std::string layout;          // "ndhwc16 f32 -> ndhwc16 f32"
  double milliseconds = 0;     // alone, warm, median
  // That the implementation was chosen from, in order of preference; a time of 0: not measured.
  std::vector<kernels::MeasuredCandidate> candidates = {};
};

// Of `repetitions` runs of `body`, after one to warm up. One thread's time is the processor's, so that others
// at work hardly count; more threads' is the wall clock's.
double median_milliseconds(int threads, int repetitions, const std::function<void()>& body);

}  // namespace actionflow
