// Transformers' gradients beside PyTorch's own, made by tests/golden/make_transformer_goldens.py: of the
// cross-entropy against class 1, by parameter its length and its product with noise.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/training/training_network.h"
#include "tests/models/golden_case.h"
#include "tests/models/kernels/training_formulas.h"

namespace actionflow::testing {
namespace {

class TransformerGradients : public ::testing::TestWithParam<std::string> {};

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

TEST_P(TransformerGradients, AreThoseOfPyTorch) {
  const std::filesystem::path folder = golden("transformers/" + GetParam());
  const GoldenCase golden_case = read_golden_case(folder);
  std::ifstream file(folder / "gradients.json");
  const auto expected = nlohmann::json::parse(file);
  TrainingNetwork network(golden_case.architecture, golden_case.weights, {.threads = 2});
  Tensor target({1, static_cast<std::int64_t>(golden_case.architecture.classes.size())});
  target[1] = 1;
  network.clear_gradients();
  const double loss = network.accumulate(golden_case.input, target, {1, 0}).loss;
  EXPECT_NEAR(loss, expected["loss"].get<double>(), 1e-4 * std::abs(expected["loss"].get<double>()));
  ASSERT_EQ(network.trained().size(), expected["gradients"].size());
  double longest = 0;
  for (const auto& numbers : expected["gradients"]) longest = std::max(longest, numbers[1].get<double>());
  for (const TrainedParameter& parameter : network.trained()) {
    const auto& [on_noise, length] = expected["gradients"][parameter.name].get<std::pair<double, double>>();
    const Tensor noise = noise_of_shape(parameter.shape, name_stream(parameter.name));
    const std::span<const float> gradient(parameter.gradient);
    // A key's bias has no gradient but rounding's.
    const double limit = 2e-4 * length + 1e-6 * longest;
    EXPECT_NEAR(std::sqrt(product(gradient, gradient)), length, limit) << parameter.name;
    EXPECT_NEAR(product(gradient, noise.values()), on_noise, limit) << parameter.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, TransformerGradients,
                         ::testing::Values("videomae_s", "timesformer_b", "mvit_v2_s", "swin3d_t"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace actionflow::testing
