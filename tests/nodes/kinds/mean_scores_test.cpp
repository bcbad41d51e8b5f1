#include "nodes/kinds/mean_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

const ClassList kClasses =
    std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"left", "right"});

Scores scores(std::vector<float> values, std::optional<Activity> activity = {}, bool none = false) {
  return std::make_shared<const ClassScores>(ClassScores{std::move(values), kClasses, activity, none});
}

TEST(MeanScores, OfProbabilitiesByTheirShares) {
  const Scores mean = mean_scores("vote", {scores({1, 0}), scores({0.2F, 0.8F})}, {0.75, 0.25});
  EXPECT_THAT(mean->values, ElementsAre(FloatEq(0.8F), FloatEq(0.2F)));
  EXPECT_FALSE(mean->activity);
}

// Who hears no action knows nothing of its class.
TEST(MeanScores, OfActionsCountByHowSureTheyAreOfOne) {
  const Scores mean =
      mean_scores("vote", {scores({1, 0}, Activity{0.9F, 2}), scores({0, 1}, Activity{0.1F, 7})}, {0.5, 0.5});
  ASSERT_TRUE(mean->activity);
  EXPECT_FLOAT_EQ(mean->activity->action, 0.5F);
  EXPECT_FLOAT_EQ(mean->activity->elapsed, 2.5F);
  EXPECT_THAT(mean->values, ElementsAre(FloatEq(0.9F), FloatEq(0.1F)));
}

TEST(MeanScores, WithoutAnyActionTheSharesAloneCount) {
  const Scores mean =
      mean_scores("vote", {scores({1, 0}, Activity{0, 2}), scores({0, 1}, Activity{0, 4})}, {0.5, 0.5});
  EXPECT_FLOAT_EQ(mean->activity->action, 0);
  EXPECT_FLOAT_EQ(mean->activity->elapsed, 3);
  EXPECT_THAT(mean->values, ElementsAre(FloatEq(0.5F), FloatEq(0.5F)));
}

TEST(MeanScores, HaveAnActivityOnlyWhereAllHaveOne) {
  EXPECT_FALSE(mean_scores("vote", {scores({1, 0}, Activity{1, 1}), scores({1, 0})}, {0.5, 0.5})->activity);
}

TEST(MeanScores, AreOfNoClassWhereAllSaySo) {
  EXPECT_TRUE(mean_scores("vote", {scores({1, 0}, {}, true), scores({1, 0}, {}, true)}, {0.5, 0.5})->none);
  EXPECT_FALSE(mean_scores("vote", {scores({1, 0}, {}, true), scores({1, 0})}, {0.5, 0.5})->none);
}

TEST(MeanScores, AreRefusedWhereClassesDiffer) {
  ClassScores other{{1, 0},
                    std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"left", "up"})};
  const Scores two = std::make_shared<const ClassScores>(std::move(other));
  try {
    mean_scores("vote", {scores({1, 0}), two}, {0.5, 0.5});
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr(
                                  "'vote': its inputs have different classes (class 1 is 'right' and 'up')"));
  }
}

}  // namespace
}  // namespace actionflow
