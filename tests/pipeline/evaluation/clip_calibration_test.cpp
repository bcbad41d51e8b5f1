// What is kept with the weights of a network for clips.
#include "pipeline/evaluation/clips/clip_calibration.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "pipeline/evaluation/clips/clip_measures.h"

namespace actionflow::testing {
namespace {

EvaluatedVideo judged(int truth, std::vector<float> probabilities) {
  return {std::move(probabilities), {truth}, {}};
}

// `right` videos answered rightly and `wrong` ones wrongly, all at 0.9.
std::vector<EvaluatedVideo> answers(int right, int wrong) {
  std::vector<EvaluatedVideo> videos;
  for (int i = 0; i < right; ++i) videos.push_back(judged(0, {.9F, .1F}));
  for (int i = 0; i < wrong; ++i) videos.push_back(judged(1, {.9F, .1F}));
  return videos;
}

TEST(ClipCalibration, TheThresholdIsForScoresAtTheTemperature) {
  const auto videos = answers(21, 9);
  const auto calibration = calibrate_clips(videos, "val");
  ASSERT_TRUE(calibration.has_value());
  EXPECT_EQ(calibration->chosen_on, "val, 30 videos");
  // Right seven times of ten: that is what the score should be, and all right answers have it.
  EXPECT_NEAR(at_temperature({.9F, .1F}, *calibration->temperature)[0], 0.7, 1e-3);
  EXPECT_NEAR(*calibration->none_below, 0.7, 1e-3);
  EXPECT_FALSE(calibration->events.has_value());
}

TEST(ClipCalibration, AnErrorlessSplitMakesNothingSurer) {
  const auto calibration = calibrate_clips(answers(30, 0), "val");
  EXPECT_FALSE(calibration->temperature.has_value());
  EXPECT_FLOAT_EQ(static_cast<float>(*calibration->none_below), .9F);
}

TEST(ClipCalibration, FewVideosChooseNothing) {
  auto videos = answers(10, 9);
  for (int i = 0; i < 30; ++i) videos.push_back({{}, {0}, "damaged"});
  EXPECT_FALSE(calibrate_clips(videos, "val").has_value());
  EXPECT_FALSE(calibrate_clips({}, "val").has_value());
}

TEST(ClipCalibration, ClassesThatAreNoAlternativesHaveNone) {
  std::vector<EvaluatedVideo> videos(30, judged(0, {.9F, .8F}));
  EXPECT_FALSE(calibrate_clips(videos, "val").has_value());
}

}  // namespace
}  // namespace actionflow::testing
