// What a network for streams should say of each sample.
#include "nodes/training/sample_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace actionflow {
namespace {

constexpr double kInterval = 0.1;

std::vector<SampleTarget> targets_of(const std::vector<TimedAction>& actions, std::int64_t samples = 100) {
  return sample_targets(actions, samples, kInterval,
                        {.label_share = 0.4, .linger = 0.3, .action_mass = 10, .unsure = 1});
}

double mass(const std::vector<SampleTarget>& targets, int label) {
  double sum = 0;
  for (const SampleTarget& target : targets)
    if (target.label == label && target.action > 0) sum += target.action_weight;
  return sum;
}

TEST(SampleTargets, TheEndOfAnActionTellsItWhatComesBeforeIsOpenAndTheRestIsNone) {
  const auto targets = targets_of({{2, 1, 3}});
  for (int k = 0; k < 100; ++k) {
    const SampleTarget& target = targets[static_cast<std::size_t>(k)];
    if (k < 10 || k >= 33) {
      EXPECT_EQ(target.action, 0) << k;
      EXPECT_EQ(target.action_weight, 1) << k;
      EXPECT_EQ(target.label_weight, 0) << k;
    } else if (k < 22) {
      EXPECT_EQ(target.action_weight, 0) << k;
      EXPECT_EQ(target.label_weight, 0) << k;
    } else {
      EXPECT_EQ(target.label, 2) << k;
      EXPECT_EQ(target.action, 1) << k;
      EXPECT_GT(target.label_weight, 0) << k;
      EXPECT_NEAR(target.elapsed, k * kInterval - 1, 1e-6) << k;
    }
  }
}

TEST(SampleTargets, EveryActionWeighsTheSameWhateverItsLength) {
  for (const double seconds : {0.2, 0.5, 2.0, 9.4})
    EXPECT_NEAR(mass(targets_of({{1, 0.35, 0.35 + seconds}}, 200), 1), 10, 1e-4) << seconds;
}

TEST(SampleTargets, AnActionThatBeganBeforeTheSequenceKnowsWhen) {
  const auto targets = targets_of({{0, -4, 1}});
  EXPECT_EQ(targets[0].label, 0);
  EXPECT_NEAR(targets[0].elapsed, 4, 1e-6);
  EXPECT_EQ(targets[13].action, 0);
  EXPECT_EQ(targets[13].action_weight, 1);
  // 13 of its 23 samples are in the sequence.
  EXPECT_NEAR(mass(targets, 0), 10 * 13 / 23.0, 1e-4);
}

TEST(SampleTargets, AnActionCutOffByTheSequencesEndIsToldAsFarAsItIsSeen) {
  const auto targets = targets_of({{0, 6, 16}}, 100);
  for (int k = 60; k < 100; ++k) EXPECT_EQ(targets[static_cast<std::size_t>(k)].action_weight, 0);
}

TEST(SampleTargets, AMovementOfNoClassIsNoAction) {
  for (const SampleTarget& target : targets_of({{-1, 1, 3}})) {
    EXPECT_EQ(target.action, 0);
    EXPECT_EQ(target.action_weight, 1);
  }
}

TEST(SampleTargets, OfAMovementOfNoClassAllClassesAreAsLikely) {
  const auto targets = targets_of({{-1, 1, 3}});
  double unsure = 0;
  for (int k = 0; k < 100; ++k) {
    const SampleTarget& target = targets[static_cast<std::size_t>(k)];
    EXPECT_EQ(target.label, kSureOfNone) << k;
    EXPECT_EQ(target.label_weight > 0, k >= 22 && k < 33) << k;
    unsure += target.label_weight;
  }
  EXPECT_NEAR(unsure, 10, 1e-4);
  const auto followed = targets_of({{-1, 1, 3}, {2, 3, 3.2}});
  EXPECT_EQ(followed[29].label, kSureOfNone);
  EXPECT_EQ(followed[31].label_weight, 0);  // open: an action has begun
  EXPECT_EQ(followed[33].label, 2);
  for (const SampleTarget& target :
       sample_targets(std::vector<TimedAction>{{-1, 1, 3}}, 100, kInterval, {.unsure = 0}))
    EXPECT_EQ(target.label_weight, 0);
}

TEST(SampleTargets, AnActionLingersIntoTheNextUntilThatIsTold) {
  const auto targets = targets_of({{0, 0, 2}, {1, 2, 2.2}, {2, 2.2, 5}});
  EXPECT_EQ(targets[20].label, 0);  // the one before still is told
  EXPECT_EQ(targets[22].label, 1);
  EXPECT_EQ(targets[24].label, 1);
  EXPECT_EQ(targets[26].action_weight, 0);  // open: the third one has begun
  EXPECT_EQ(targets[40].label, 2);
}

TEST(SampleTargets, NoneWeighsInTheLongRunWhatActionsDo) {
  InputSpec input;
  input.frames = 200;
  input.frame_rate = 10;
  std::vector<VideoEntry> entries(1);
  entries[0].timed = true;
  for (int i = 0; i < 20; ++i) entries[0].actions.push_back({i % 2, 100.0 * i, 100.0 * i + 2});
  StreamOptions options;
  options.idle = 0;
  const Augmenter augmenter({}, {}, input, {"one", "other"});
  const SequencePlanner planner(entries, {2000}, augmenter, options);
  const double weight = none_weight(planner, 1);
  double told = 0, none = 0;
  for (std::int64_t i = 0; i < planner.sequences(); ++i) {
    for (const SampleTarget& target :
         sample_targets(planner.plan(1, 0, i).actions, 200, kInterval, options.targets, weight))
      (target.action > 0 ? told : none) += target.action_weight;
  }
  EXPECT_NEAR(none, told, 0.01 * told);
  EXPECT_LT(weight, 0.02);  // 98 % of the video is none
}

}  // namespace
}  // namespace actionflow
