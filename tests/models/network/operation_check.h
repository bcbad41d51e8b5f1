// A graph run by a plan beside the plain loops of tests/models/reference.h, in f32 and in bf16.
#pragma once

#include <gtest/gtest.h>

#include "base/machine/processor.h"
#include "tests/models/graph/network_graphs.h"
#include "tests/models/reference.h"

namespace actionflow::testing {

// Rounding of f32 in another order of summation.
inline constexpr double kOperationTolerance = 1e-5;
// bf16 has 8 bits; a few operations in a row.
inline constexpr double kBf16Tolerance = 0.03, kBf16MeanTolerance = 0.006;

inline void expect_in_bf16(const GraphMaker& maker, const Tensor& clip, const Tensor& expected) {
  if (!has_avx512_bf16()) return;
  const auto network = Network::compile(maker.architecture(), maker.weights,
                                        {.precision = Precision::bf16, .threads = 2, .batch = clip.dim(0)});
  Workspace workspace(*network);
  const Deviation off = deviation(network->predict(clip, workspace), expected);
  EXPECT_LE(off.largest, kBf16Tolerance) << "bf16";
  EXPECT_LE(off.mean, kBf16MeanTolerance) << "bf16";
}

inline void expect_as_reference(const GraphMaker& maker, std::int64_t batch = 1) {
  const Tensor clip = maker.clip(batch);
  const auto network = Network::compile(maker.architecture(), maker.weights, {.threads = 2, .batch = batch});
  Workspace workspace(*network);
  const Tensor expected = reference(maker.graph, maker.weights.tensors, clip);
  EXPECT_LE(deviation(network->predict(clip, workspace), expected).largest, kOperationTolerance);
  EXPECT_LE(deviation(network->predict(clip, workspace), expected).largest, kOperationTolerance)
      << "when run again";
  expect_in_bf16(maker, clip, expected);
}

}  // namespace actionflow::testing
