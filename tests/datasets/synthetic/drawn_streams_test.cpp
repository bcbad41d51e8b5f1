// Drawn streams: what happens in them is what their lists say, and the rest is none of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "datasets/synthetic/clip_video.h"
#include "datasets/synthetic/generator.h"
#include "datasets/synthetic/hands/finger_motion.h"
#include "tests/datasets/lists/text_files.h"
#include "tests/datasets/make_video.h"

namespace actionflow {
namespace {

using testing::content;
using testing::lines;

const StopFlag kGoOn{false};

ClipPlan stream(std::uint32_t number, double seconds = 120) {
  ClipPlan plan;
  plan.clip = plan.figure = plan.background = number;
  plan.seconds = seconds;
  plan.width = 64;
  plan.height = 48;
  return plan;
}

double difference(const std::vector<std::uint8_t>& one, const std::vector<std::uint8_t>& other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i) sum += std::abs(one[i] - other[i]);
  return sum / static_cast<double>(one.size());
}

TEST(DrawnStreams, AreAsLongAsAskedAndTheirActionsLieInsideOneAfterAnother) {
  for (const Scene& scene : scenes()) {
    std::set<std::size_t> seen;
    double acted = 0;
    for (std::uint32_t number = 0; number < 6; ++number) {
      const auto film = scene.film(stream(number));
      EXPECT_NEAR(film->frames() / film->frame_rate(), 120, 1) << scene.name;
      double end = 0;
      for (const FilmAction& action : film->actions()) {
        EXPECT_GE(action.start, end) << scene.name;
        EXPECT_GT(action.end, action.start + 0.2) << scene.name;
        EXPECT_LT(action.action, scene.classes);
        end = action.end;
        acted += action.end - action.start;
        seen.insert(action.action);
      }
      EXPECT_LE(end, 120);
    }
    EXPECT_GE(seen.size(), scene.classes - 1) << scene.name;
    EXPECT_GT(acted, 0.1 * 720) << scene.name;  // enough to learn from
    EXPECT_LT(acted, 0.6 * 720) << scene.name;  // and much that is none
  }
}

TEST(DrawnStreams, GoOnFromPictureToPictureWithFewCuts) {
  for (const Scene& scene : scenes()) {
    const auto film = scene.film(stream(2, 20));
    std::vector<double> changes;
    std::vector<std::uint8_t> before = film->frame(0);
    for (int k = 1; k < film->frames(); ++k) {
      std::vector<std::uint8_t> now = film->frame(k);
      changes.push_back(difference(before, now));
      before = std::move(now);
    }
    std::sort(changes.begin(), changes.end());
    const double usual = changes[changes.size() / 2];
    const auto leaps =
        std::count_if(changes.begin(), changes.end(), [&](double change) { return change > 4 * usual + 10; });
    EXPECT_LE(leaps, 8) << scene.name;
  }
}

TEST(DrawnStreams, AreTheSameForTheSamePlanAndOthersForOthers) {
  for (const Scene& scene : scenes()) {
    const auto starts = [&](std::uint32_t number) {
      std::vector<double> all;
      for (const FilmAction& action : scene.film(stream(number))->actions()) all.push_back(action.start);
      return all;
    };
    EXPECT_EQ(starts(3), starts(3));
    EXPECT_NE(starts(3), starts(4));
    EXPECT_EQ(scene.film(stream(3, 5))->frame(20), scene.film(stream(3, 5))->frame(20));
  }
}

TEST(DrawnStreams, APersonHasOnePlaceAndOnlyOppositeActionsFollowEachOtherWithOneThing) {
  const auto film = scenes()[0].film(stream(1, 600));
  const std::vector<FilmAction> actions = film->actions();
  for (std::size_t i = 1; i < actions.size(); ++i) {
    const bool same_pair = actions[i].action / 2 == actions[i - 1].action / 2;
    if (same_pair && actions[i].start - actions[i - 1].end < 0.5) {
      EXPECT_NE(actions[i].action, actions[i - 1].action);
    }
  }
}

TEST(FingerStream, AFingerDrawsInTheSpansThatItNames) {
  std::size_t gestures = 0;
  for (std::uint64_t number = 0; number < 10; ++number) {
    const FingerMotion motion = FingerMotion::stream(60, Random(1, "test", 0, number), 4.0 / 3, {0.6, 0.8});
    EXPECT_GE(motion.seconds(), 60);
    gestures += motion.drawn().size();
    for (const FingerMotion::Drawn& drawn : motion.drawn()) {
      double way = 0;
      for (double t = drawn.begin; t < drawn.end; t += 0.02)
        way += cv::norm(motion.at(t + 0.02) - motion.at(t));
      EXPECT_GT(way, 0.2) << kGestures[drawn.gesture];
    }
  }
  EXPECT_GT(gestures, 60U);  // one in ten seconds at least
}

TEST(DrawnStreams, ADatasetOfThemHasListsWithTimesWhateverTheThreads) {
  const testing::TemporaryFolder folder;
  SyntheticOptions options;
  options.scene = &scenes()[1];
  options.streams = 4;
  options.minutes = 0.2;
  options.threads = 1;
  ASSERT_TRUE(write_synthetic(folder / "one", options, kGoOn, [] {}));
  options.threads = 3;
  ASSERT_TRUE(write_synthetic(folder / "three", options, kGoOn, [] {}));
  std::set<std::string> videos;
  for (const char* list : {"train.txt", "val.txt", "test.txt"}) {
    EXPECT_EQ(content(folder / "one" / list), content(folder / "three" / list));
    for (const std::string& line : lines(folder / "one" / list)) {
      videos.insert(line.substr(0, line.find(' ')));
      const auto blanks = std::count(line.begin(), line.end(), ' ');
      EXPECT_TRUE(blanks == 3 || blanks == 0) << line;
    }
  }
  EXPECT_EQ(videos.size(), 4U);
  for (const std::string& video : videos)
    EXPECT_EQ(content(folder / "one" / video), content(folder / "three" / video));
  EXPECT_EQ(lines(folder / "one" / "classes.txt").size(), kGestureClasses);
  EXPECT_FALSE(std::filesystem::exists(folder / "one" / "other.txt"));
}

}  // namespace
}  // namespace actionflow
