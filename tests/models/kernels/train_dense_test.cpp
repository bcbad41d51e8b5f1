// Dense layers in training: forward beside plain loops (tests/models/reference.h), gradients beside
// differences of the forward pass and, for sizes where differences are too coarse, beside sums in double.
#include <gtest/gtest.h>

#include "tests/models/kernels/relu_inside.h"
#include "tests/models/reference.h"

namespace actionflow::testing {
namespace {

using kernels::ElementType;

// oneDNN's products share depth out among threads, so bits depend on how many there are.
StandardChecks dense_checks(bool relu) {
  StandardChecks checks;
  checks.thread_bits = false;
  checks.bf16_products = true;
  checks.options.relu = relu;
  if (relu) checks.gradients = kNearKinks;
  return checks;
}

TEST(TrainDense, VectorsHaveTheGradientsOfTheirDifferences) {
  for (const bool bias : {true, false}) {
    GraphMaker maker({37, 1, 1, 1});
    maker.dense(-1, 10, bias);
    expect_trains(maker, dense_checks(false));
  }
}

TEST(TrainDense, EveryPositionOfAMapIsARow) {
  for (const std::int64_t units : {5, 16}) {
    GraphMaker maker({20, 2, 3, 3});
    maker.dense(-1, units);
    expect_trains(maker, dense_checks(false));
  }
}

TEST(TrainDense, AReluInsideMasksItsGradient) {
  GraphMaker maker({20, 1, 3, 3});
  maker.dense(-1, 24);
  expect_trains(maker, dense_checks(true));
  expect_relu_masks(maker);
}

TEST(TrainDense, OneInputAndOneOutputAreEnough) {
  GraphMaker maker({1, 1, 1, 1});
  maker.dense(-1, 1);
  expect_trains(maker, dense_checks(false));
}

TEST(TrainDense, AFrozenBiasOrKernelGetsNoGradientAndTheInputIsNotKept) {
  GraphMaker maker({20, 1, 1, 1});
  maker.dense(-1, 6);
  BenchOptions options;
  options.frozen = {"kernel", "bias"};
  TrainKernelBench bench(maker, options);
  EXPECT_FALSE(bench.kernel().backward_reads().inputs.at(0));
  EXPECT_LT(bench.check_gradients().worst, 2e-3);
  options.unwanted_inputs = {true};
  options.frozen = {"bias"};
  TrainKernelBench no_input(maker, options);
  EXPECT_LT(no_input.check_gradients().worst, 2e-3);
}

// Σ over rows in double.
Tensor kernel_gradient(const Tensor& input, const Tensor& gradient) {
  const std::int64_t rows = input.dim(0), depth = input.dim(1), units = gradient.dim(1);
  Tensor result({units, depth});
  for (std::int64_t o = 0; o < units; ++o)
    for (std::int64_t i = 0; i < depth; ++i) {
      double sum = 0;
      for (std::int64_t n = 0; n < rows; ++n)
        sum += double{input[n * depth + i]} * double{gradient[n * units + o]};
      result[o * depth + i] = static_cast<float>(sum);
    }
  return result;
}

TEST(TrainDense, AFlattenedVolumeHasTheGradientsOfSumsInDouble) {
#ifdef __x86_64__
  constexpr double kRounding = 2e-6;
#else
  constexpr double kRounding = 6e-8 * 64;  // of a sum of 4096 products, in whatever order it is taken
#endif
  GraphMaker maker({4096, 1, 1, 1});
  maker.dense(-1, 10);
  for (const int threads : {1, 2}) {
    BenchOptions options;
    options.batch = 16;
    options.threads = threads;
    TrainKernelBench bench(maker, options);
    EXPECT_LT(deviation(bench.forward(), bench.reference()).largest, kRounding);
    const Tensor gradient = bench.output_gradient();
    const Gradients gradients = bench.backward(gradient);
    const Tensor expected = kernel_gradient(bench.input(), gradient);
    EXPECT_LT(deviation(gradients.parameters.at("kernel"), expected).largest, 2e-6);
  }
}

}  // namespace
}  // namespace actionflow::testing
