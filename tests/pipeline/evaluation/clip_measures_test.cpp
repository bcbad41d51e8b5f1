// Measures of answers. Expected numbers are worked out by hand beside each case, or named.
#include "pipeline/evaluation/clips/clip_measures.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/random.h"

namespace actionflow::testing {
namespace {

using ::testing::ElementsAre;

EvaluatedVideo judged(int truth, std::vector<float> probabilities) {
  EvaluatedVideo video;
  if (truth >= 0) video.labels = {truth};
  if (probabilities.empty()) video.unreadable = "damaged";
  video.probabilities = std::move(probabilities);
  return video;
}

TEST(Metrics, CountAnUnreadableVideoAsWrong) {
  const std::vector<EvaluatedVideo> videos{judged(0, {0.9F, 0.1F}), judged(0, {}), judged(1, {0.2F, 0.8F})};
  const Measures measures = measure(videos, 2);
  EXPECT_EQ(measures.clips, 3);
  EXPECT_DOUBLE_EQ(measures.top1, 2.0 / 3);
  EXPECT_DOUBLE_EQ(measures.mean_class_accuracy, 0.75);
  EXPECT_THAT(measures.confusion, ElementsAre(ElementsAre(1, 0), ElementsAre(0, 1)));
}

TEST(Metrics, AreThoseOfAConfusionWorkedOutByHand) {
  std::vector<EvaluatedVideo> videos;
  const auto add = [&](int truth, int answer, int times) {
    std::vector<float> p(3, 0.1F);
    p[static_cast<std::size_t>(answer)] = 0.8F;
    for (int i = 0; i < times; ++i) videos.push_back(judged(truth, p));
  };
  add(0, 0, 8);
  add(0, 1, 2);
  add(1, 1, 5);
  add(1, 2, 5);
  const Measures measures = measure(videos, 3);
  EXPECT_DOUBLE_EQ(measures.top1, 13.0 / 20);
  EXPECT_DOUBLE_EQ(measures.top5, 1);
  EXPECT_DOUBLE_EQ(measures.per_class[1].precision, 5.0 / 7);
  EXPECT_DOUBLE_EQ(measures.per_class[1].recall, 0.5);
  EXPECT_DOUBLE_EQ(measures.per_class[1].f1, 2 * (5.0 / 7) * 0.5 / (5.0 / 7 + 0.5));
  EXPECT_DOUBLE_EQ(measures.per_class[2].precision, 0);
  // Class 2 has no videos and is in no mean.
  EXPECT_DOUBLE_EQ(measures.mean_class_accuracy, (0.8 + 0.5) / 2);
  // All twenty say 0.8 and 13 are right.
  EXPECT_NEAR(measures.ece, 0.8 - 0.65, 1e-6);
}

TEST(Metrics, TopFiveLooksAtTheFiveMostProbable) {
  const std::vector<EvaluatedVideo> videos{judged(4, {.3F, .25F, .2F, .1F, .08F, .07F}),
                                           judged(5, {.3F, .25F, .2F, .1F, .08F, .07F})};
  const Measures measures = measure(videos, 6);
  EXPECT_DOUBLE_EQ(measures.top1, 0);
  EXPECT_DOUBLE_EQ(measures.top5, 0.5);
}

// Brown, Cai, DasGupta 2001; 39 of 40 gives 0.871 to 0.996.
TEST(Metrics, TheIntervalIsWilsons) {
  EXPECT_NEAR(wilson_interval(39, 40).low, 0.8712, 5e-4);
  EXPECT_NEAR(wilson_interval(39, 40).high, 0.9956, 5e-4);
  EXPECT_NEAR(wilson_interval(40, 40).low, 0.9124, 5e-4);
  EXPECT_DOUBLE_EQ(wilson_interval(40, 40).high, 1);
}

// Answers drawn from softmax(z), shown as softmax(3·z): the temperature that mends them is 3.
TEST(Metrics, TheTemperatureUndoesOverconfidence) {
  std::vector<EvaluatedVideo> videos;
  for (std::uint64_t i = 0; i < 4000; ++i) {
    Random random(1, "temperature", 0, i);
    std::vector<float> z(4), shown;
    for (float& value : z) value = static_cast<float>(random.normal());
    double sum = 0;
    for (const float value : z) sum += std::exp(value);
    double draw = random.uniform_double() * sum;
    int truth = 0;
    while (truth < 3 && (draw -= std::exp(z[static_cast<std::size_t>(truth)])) > 0) ++truth;
    for (const float value : z) shown.push_back(static_cast<float>(std::exp(value) / sum));
    videos.push_back(judged(truth, at_temperature(shown, 1.0 / 3)));
  }
  EXPECT_NEAR(fitted_temperature(videos), 3, 0.15);
  std::vector<EvaluatedVideo> mended = videos;
  for (EvaluatedVideo& video : mended) video.probabilities = at_temperature(video.probabilities, 3);
  EXPECT_LT(measure(mended, 4).ece, 0.03);
  EXPECT_GT(measure(videos, 4).ece, 0.15);
}

TEST(Metrics, AurocCountsPairsAndTiesHalf) {
  const std::vector<EvaluatedVideo> known{judged(0, {.9F, .1F}), judged(0, {.6F, .4F})};
  const std::vector<EvaluatedVideo> unknown{judged(-1, {.6F, .4F}), judged(-1, {.5F, .5F})};
  EXPECT_DOUBLE_EQ(*auroc(known, unknown), 3.5 / 4);
  EXPECT_FALSE(auroc(known, {}).has_value());
}

TEST(Metrics, TheThresholdKeepsNineteenOfTwentyRightAnswers) {
  std::vector<EvaluatedVideo> videos{judged(1, {.95F, .05F})};  // wrong: counts for nothing
  for (int i = 0; i < 40; ++i) {
    const float p = 0.6F + 0.005F * static_cast<float>(i);
    videos.push_back(judged(0, {p, 1 - p}));
  }
  const double threshold = rejection_threshold(videos);
  EXPECT_FLOAT_EQ(static_cast<float>(threshold), 0.61F);
  EXPECT_DOUBLE_EQ(*share_refused(videos, threshold), 2.0 / 41);
  EXPECT_FALSE(share_refused({}, threshold).has_value());
}

}  // namespace
}  // namespace actionflow::testing
