// Post-operations that oneDNN applies to a convolution's results, and what they read at each run.
#pragma once

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "models/kernels/convolution/convolution.h"
#include "models/kernels/convolution/onednn_geometry.h"
#include "models/kernels/onednn.h"

namespace actionflow::kernels {

struct FusedByOneDnn {
  dnnl::post_ops ops;
  std::vector<std::pair<int, dnnl::memory>> constants;                   // argument and its values
  std::vector<std::tuple<int, std::size_t, dnnl::memory::desc>> inputs;  // argument, which input
  struct Brought {
    std::size_t input;
    Layout from, to;
  };
  std::optional<Brought> brought = {};  // which input is brought into the output first
};

dnnl::memory onednn_constant(const dnnl::memory::desc& desc, const std::vector<float>& values);

// The first `count` of the problem's. Of a product of floats, or of integers times their scales.
FusedByOneDnn fuse_by_onednn(const ConvolutionProblem& problem, const Geometry& geometry, std::size_t count);

}  // namespace actionflow::kernels
