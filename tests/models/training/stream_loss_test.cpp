#include "models/training/loss/stream_loss.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace actionflow {
namespace {

constexpr std::int64_t kSequences = 2, kClasses = 3, kSamples = 4, kOutputs = kClasses + 2;

Tensor drawn_values() {
  Tensor values({kSequences, kOutputs, kSamples});
  Random random(3, "stream loss values", 0);
  for (float& value : values.values()) value = static_cast<float>(random.uniform(-2.5, 2.5));
  return values;
}

// An action whose class counts, idle time, a stretch that counts nothing, and one where only the time is
// asked for.
std::vector<SampleTarget> some_targets() {
  std::vector<SampleTarget> targets(kSequences * kSamples);
  targets[0] = {
      .label = 2, .label_weight = 1, .action = 1, .action_weight = 1, .elapsed = 1.5F, .elapsed_weight = 1};
  targets[1] = {.label = 0, .label_weight = 0.25F, .action = 1, .action_weight = 0.5F};
  targets[3] = {.action = 0, .action_weight = 0.2F};
  targets[4] = {.elapsed = -2, .elapsed_weight = 2};
  targets[5] = {.label = kSureOfNone, .label_weight = 0.7F, .action = 0, .action_weight = 1};
  targets[7] = {.action = 0, .action_weight = 1};
  return targets;
}

// The formulas of the header, sample by sample.
double plain_loss(const LossOptions& options, const Tensor& values,
                  const std::vector<SampleTarget>& targets) {
  double which = 0, which_weight = 0, whether = 0, whether_weight = 0, elapsed = 0, elapsed_weight = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const SampleTarget& target = targets[i];
    const auto value = [&](std::int64_t output) {
      const auto n = static_cast<std::int64_t>(i) / kSamples, t = static_cast<std::int64_t>(i) % kSamples;
      return double{values[(n * kOutputs + output) * kSamples + t]};
    };
    double sum = 0;
    for (std::int64_t k = 0; k < kClasses; ++k) sum += std::exp(value(k));
    if (target.label_weight > 0 && target.label == kSureOfNone) {
      for (std::int64_t k = 0; k < kClasses; ++k)
        which += target.label_weight * -std::log(std::exp(value(k)) / sum) / kClasses;
      which_weight += target.label_weight;
    } else if (target.label_weight > 0) {
      const double own =
          options.class_weights.empty() ? 1.0 : options.class_weights[static_cast<std::size_t>(target.label)];
      which += own * target.label_weight * -std::log(std::exp(value(target.label)) / sum);
      which_weight += own * target.label_weight;
    }
    const double p = 1 / (1 + std::exp(-value(kClasses)));
    whether -= target.action_weight * (target.action * std::log(p) + (1 - target.action) * std::log(1 - p));
    whether_weight += target.action_weight;
    const double off = std::abs(value(kClasses + 1) - target.elapsed);
    elapsed += target.elapsed_weight * (off <= 1 ? off * off / 2 : off - 0.5);
    elapsed_weight += target.elapsed_weight;
  }
  return which / which_weight + whether / whether_weight + options.elapsed * elapsed / elapsed_weight;
}

TEST(StreamLoss, IsWhatItsFormulasSay) {
  LossOptions options;
  const Tensor values = drawn_values();
  EXPECT_NEAR(evaluate_stream_loss(options, values, some_targets()).loss,
              plain_loss(options, values, some_targets()), 1e-9);
  options.class_weights = {0.5F, 1, 3};
  options.elapsed = 0.7F;
  EXPECT_NEAR(evaluate_stream_loss(options, values, some_targets()).loss,
              plain_loss(options, values, some_targets()), 1e-7);
}

TEST(StreamLoss, GradientIsThatOfFiniteDifferences) {
  LossOptions options{.label_smoothing = 0.1F, .class_weights = {0.5F, 1, 3}, .elapsed = 0.7F};
  Tensor values = drawn_values();
  const std::vector<SampleTarget> targets = some_targets();
  const Tensor gradient = evaluate_stream_loss(options, values, targets).gradient;
  constexpr float kStep = 1e-3F;
  for (std::int64_t i = 0; i < values.size(); ++i) {
    const float at = values[i];
    values[i] = at + kStep;
    const double above = evaluate_stream_loss(options, values, targets).loss;
    values[i] = at - kStep;
    const double below = evaluate_stream_loss(options, values, targets).loss;
    values[i] = at;
    EXPECT_NEAR(gradient[i], (above - below) / (2.0 * kStep), 2e-4) << "value " << i;
  }
}

TEST(StreamLoss, OfSamplesThatCountNothingIsZero) {
  const LossResult result =
      evaluate_stream_loss({}, drawn_values(), std::vector<SampleTarget>(kSequences * kSamples));
  EXPECT_EQ(result.loss, 0);
  for (const float g : result.gradient.values()) EXPECT_EQ(g, 0);
}

TEST(StreamLoss, RefusesWhatDoesNotFit) {
  std::vector<SampleTarget> targets = some_targets();
  EXPECT_THROW(evaluate_stream_loss({.class_weights = {1}}, drawn_values(), targets), ModelError);
  targets[0].label = kClasses;
  EXPECT_THROW(evaluate_stream_loss({}, drawn_values(), targets), ModelError);
  targets[0].label = kSureOfNone - 1;
  EXPECT_THROW(evaluate_stream_loss({}, drawn_values(), targets), ModelError);
  targets.pop_back();
  EXPECT_THROW(evaluate_stream_loss({}, drawn_values(), targets), ModelError);
}

}  // namespace
}  // namespace actionflow
