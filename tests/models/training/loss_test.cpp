#include "models/training/loss/loss.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "tests/models/networks.h"

namespace actionflow {
namespace {

using ::testing::HasSubstr;

// tests/golden/make_training_goldens.py: torch.nn.functional in float64.
nlohmann::json golden_losses() {
  std::ifstream file(testing::golden("training/losses.json"));
  return nlohmann::json::parse(file);
}

Tensor table(const nlohmann::json& record, const char* key) {
  return {record["shape"].get<Shape>(), record[key].get<std::vector<float>>()};
}

LossOptions options_of(const nlohmann::json& record) {
  return {.kind = record["kind"] == "sigmoid" ? LossKind::sigmoid : LossKind::cross_entropy,
          .label_smoothing = record["smoothing"],
          .class_weights = record["weights"]};
}

TEST(Loss, EqualsPyTorchs) {
  for (const nlohmann::json& record : golden_losses()) {
    SCOPED_TRACE(record["name"]);
    const Tensor logits = table(record, "logits"), expected = table(record, "gradient");
    const LossResult result = evaluate_loss(options_of(record), logits, table(record, "targets"));
    EXPECT_NEAR(result.loss, record["loss"].get<double>(), 1e-6 * (1 + record["loss"].get<double>()));
    ASSERT_EQ(result.gradient.shape(), expected.shape());
    for (std::int64_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(result.gradient[i], expected[i], 2e-7);
  }
}

Tensor row(const Tensor& table, std::int64_t index) {
  const auto columns = static_cast<std::size_t>(table.dim(1));
  return Tensor({1, table.dim(1)},
                table.values().subspan(static_cast<std::size_t>(index) * columns, columns));
}

TEST(Loss, OfABatchIsTheMeanOverItsClips) {
  for (const nlohmann::json& record : golden_losses()) {
    if (!record["weights"].empty()) continue;
    const Tensor logits = table(record, "logits"), targets = table(record, "targets");
    const LossResult result = evaluate_loss(options_of(record), logits, targets);
    const std::int64_t clips = logits.dim(0);
    double sum = 0;
    for (std::int64_t n = 0; n < clips; ++n)
      sum += evaluate_loss(options_of(record), row(logits, n), row(targets, n)).loss;
    EXPECT_NEAR(result.loss, sum / static_cast<double>(clips), 1e-9 * (1 + result.loss));
  }
}

TEST(Loss, OfOneClipDoesNotDependOnClassWeights) {
  const Tensor logits({1, 3}, std::vector<float>{1, 2, 3}), targets({1, 3}, std::vector<float>{1, 0, 0});
  const auto plain = evaluate_loss({.kind = LossKind::cross_entropy, .class_weights = {}}, logits, targets);
  const auto weighted =
      evaluate_loss({.kind = LossKind::cross_entropy, .class_weights = {3, 1, 1}}, logits, targets);
  EXPECT_DOUBLE_EQ(plain.loss, weighted.loss);
}

TEST(Loss, IsNotFiniteWhereALogitIsNot) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const LossKind kind : {LossKind::cross_entropy, LossKind::sigmoid}) {
      const Tensor logits({1, 2}, std::vector<float>{0, bad}), targets({1, 2}, std::vector<float>{1, 0});
      EXPECT_FALSE(std::isfinite(evaluate_loss({.kind = kind, .class_weights = {}}, logits, targets).loss));
    }
  }
}

TEST(Loss, IsZeroForABatchOfClassesWithoutWeight) {
  const Tensor logits({1, 2}, std::vector<float>{1, 2}), targets({1, 2}, std::vector<float>{1, 0});
  const auto result =
      evaluate_loss({.kind = LossKind::cross_entropy, .class_weights = {0, 1}}, logits, targets);
  EXPECT_EQ(result.loss, 0);
  EXPECT_EQ(result.gradient[0], 0);
}

std::string refusal(const LossOptions& options, const Architecture& architecture) {
  try {
    fit_loss(options, architecture);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

Architecture ending(const std::string& end) {
  return testing::network("  - flatten\n  - {layer: dense, name: fc, " + end + "}\n");
}

TEST(Loss, IsChosenByTheNetworksEnd) {
  const auto kind = [](const std::string& end) { return fit_loss({}, ending(end)).options.kind; };
  EXPECT_EQ(kind("units: 3, activation: softmax"), LossKind::cross_entropy);
  EXPECT_EQ(kind("units: 3"), LossKind::cross_entropy);
  EXPECT_EQ(kind("units: 3, activation: sigmoid"), LossKind::sigmoid);
  EXPECT_EQ(kind("units: 1, activation: sigmoid"), LossKind::sigmoid);
  EXPECT_EQ(kind("units: 1"), LossKind::sigmoid);
}

TEST(Loss, TakesTheValueBeforeTheClosingActivation) {
  const Architecture softmax = ending("units: 3, activation: softmax"), plain = ending("units: 3");
  EXPECT_TRUE(std::holds_alternative<Dense>(
      softmax.graph.nodes.at(static_cast<std::size_t>(fit_loss({}, softmax).logits)).operation));
  EXPECT_EQ(fit_loss({}, plain).logits, plain.graph.output);
}

TEST(Loss, ThatDoesNotFitTheNetworkIsRefusedNamingBoth) {
  EXPECT_THAT(
      refusal({.kind = LossKind::sigmoid, .class_weights = {}}, ending("units: 3, activation: softmax")),
      AllOf(HasSubstr("loss sigmoid"), HasSubstr("'net', which ends in a softmax of 3 outputs")));
  EXPECT_THAT(refusal({.kind = LossKind::cross_entropy, .class_weights = {}},
                      ending("units: 1, activation: sigmoid")),
              AllOf(HasSubstr("loss cross_entropy"), HasSubstr("a sigmoid of 1 output:")));
  EXPECT_THAT(refusal({}, ending("units: 3, activation: relu")), HasSubstr("ends in a relu"));
  EXPECT_THAT(refusal({}, ending("units: 1, activation: softmax")), HasSubstr("softmax of 1 output"));
  EXPECT_THAT(refusal({.class_weights = {1, 2}}, ending("units: 3")),
              HasSubstr("2 entries for the 3 classes"));
  EXPECT_THAT(refusal({}, testing::network("  - {layer: conv3d, filters: 2, kernel: 3}\n")),
              HasSubstr("takes one vector a clip"));
}

TEST(Loss, RefusesTargetsOfAnotherShape) {
  EXPECT_THROW(evaluate_loss({}, Tensor({2, 3}), Tensor({2, 4})), ModelError);
  EXPECT_THROW(evaluate_loss({.class_weights = {1, 2}}, Tensor({2, 3}), Tensor({2, 3})), ModelError);
}

}  // namespace
}  // namespace actionflow
