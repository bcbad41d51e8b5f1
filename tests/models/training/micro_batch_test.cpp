// A batch computed in parts is that batch, and the same to the bit however the parts are shared out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/training/training_network.h"
#include "models/weights/initial_weights.h"
#include "tests/models/networks.h"
#include "tests/models/training/gradient_check.h"

namespace actionflow {
namespace {

using testing::Batch;
using testing::gradients_of;
using testing::network;
using testing::random_batch;

// All that sees a whole batch: norms before and behind a ReLU, one of few rows, dropout.
Architecture normed_network() {
  return network(
      "  - {layer: conv3d, filters: 16, kernel: 3, padding: same, bias: false}\n  - batch_norm\n  - relu\n"
      "  - {layer: conv3d, filters: 8, kernel: 3, stride: 2, activation: relu}\n  - batch_norm\n"
      "  - {layer: dropout, rate: 0.3}\n  - flatten\n  - {layer: dense, units: 5, activation: softmax}\n");
}

TrainingOptions options(int threads, std::int64_t micro_batch) {
  TrainingOptions options;
  options.threads = threads;
  options.batch = 7;
  options.micro_batch = micro_batch;
  return options;
}

struct Step {
  std::map<std::string, Tensor> gradients;
  Weights weights;  // with the moving statistics that the step left
};

Step step(const TrainingOptions& given, std::int64_t clips) {
  const Architecture architecture = normed_network();
  TrainingNetwork trained(architecture, initial_weights(architecture, 7), given);
  Step result;
  result.gradients = gradients_of(trained, random_batch(architecture, clips, 3));
  result.weights = trained.weights();
  return result;
}

void expect_near(const Tensor& expected, const Tensor& actual, const std::string& name) {
  double most = 0, apart = 0;
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    most = std::max(most, std::abs(double{expected[i]}));
    apart = std::max(apart, std::abs(double{expected[i]} - double{actual[i]}));
  }
  // Rounding of f32 sums in another order.
  EXPECT_LE(apart, 1e-4 * most + 1e-7) << name;
}

TEST(MicroBatches, GradientsAndStatisticsAreThoseOfTheWholeBatch) {
  for (const std::int64_t clips : {7, 5, 2}) {
    const Step whole = step(options(2, 0), clips);
    for (const std::int64_t micro_batch : {1, 2, 3}) {
      const Step parts = step(options(2, micro_batch), clips);
      for (const auto& [name, gradient] : whole.gradients)
        expect_near(gradient, parts.gradients.at(name), name);
      for (const auto& [name, tensor] : whole.weights.tensors)
        expect_near(tensor, parts.weights.tensors.at(name), name);
    }
  }
}

TEST(MicroBatches, AreTheSameToTheBitOnAnyNumberOfThreads) {
  const Step one = step(options(1, 1), 7);
  for (const int threads : {2, 3, 8}) {
    const Step more = step(options(threads, 1), 7);
    for (const auto& [name, gradient] : one.gradients)
      EXPECT_TRUE(std::ranges::equal(gradient.values(), more.gradients.at(name).values())) << name;
    for (const auto& [name, tensor] : one.weights.tensors)
      EXPECT_TRUE(std::ranges::equal(tensor.values(), more.weights.tensors.at(name).values())) << name;
  }
}

}  // namespace
}  // namespace actionflow
