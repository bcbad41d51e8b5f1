// Networks for streams are trained as whole sequences: causal convolutions, sums and a recurrence at every
// sample.
#include <gtest/gtest.h>

#include "models/weights/initial_weights.h"
#include "tests/models/networks.h"
#include "tests/models/training/gradient_check.h"

namespace actionflow::testing {
namespace {

constexpr const char* kLayers = R"(
  - {layer: conv3d, filters: 6, kernel: 3, stride: [1, 2, 2], padding: [causal, 1, 1], bias: false}
  - {layer: batch_norm, momentum: 0.9}
  - {layer: tanh}
  - {layer: flatten, keep_time: true}
  - {layer: dense, name: moment, units: 16}
  - {layer: conv3d, name: each, filters: 16, groups: 16, kernel: [3, 1, 1], dilation: [2, 1, 1], padding: causal}
  - {layer: conv3d, name: mix, filters: 16, kernel: 1, bias: false}
  - {layer: batch_norm, name: norm, momentum: 0.9}
  - {layer: silu, name: heard}
  - {layer: add, from: [heard, moment]}
  - {layer: gru, units: 7, sequence: true}
  - {layer: action_scores, classes: 3}
  - {layer: flatten}
  - {layer: dense, units: 4, activation: softmax}
)";

TEST(StreamGradients, AreTheDifferencesOfTheLoss) {
  const Architecture architecture = network(kLayers);
  TrainingNetwork trained(architecture, initial_weights(architecture, 7), {.batch = 3});
  const GradientCheck check = check_gradients(trained, random_batch(architecture, 3, 3));
  EXPECT_LT(check.worst, 0.02) << check.where;
  EXPECT_EQ(check.tensors, 17U);
}

}  // namespace
}  // namespace actionflow::testing
