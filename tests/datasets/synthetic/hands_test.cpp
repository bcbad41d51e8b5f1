// The synthetic hands: what is promised of their gestures, their plan, their pictures and their files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "datasets/synthetic/clip_video.h"
#include "datasets/synthetic/generator.h"
#include "datasets/synthetic/hands/finger_motion.h"
#include "tests/datasets/lists/text_files.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

using testing::content;
using ::testing::HasSubstr;
using testing::lines;

const Scene& hands() { return scenes()[1]; }
const StopFlag kGoOn{false};
constexpr double kAspect = 4.0 / 3;

FingerMotion motion(std::size_t gesture, std::uint64_t number) {
  return {gesture, Random(1, "test", 0, number), kAspect, {0.6, 0.8}};
}

// Where the fingertip is while it draws, in the box that it draws in: -1 to 1, right and down. An axis on
// which a straight stroke hardly moves is left flat.
std::vector<cv::Point2d> drawn(const FingerMotion& motion) {
  std::vector<cv::Point2d> path;
  for (double t = motion.begin(); t <= motion.end(); t += 0.01) path.push_back(motion.at(t));
  cv::Point2d least = path.front(), most = path.front();
  for (const cv::Point2d& p : path) {
    least = {std::min(least.x, p.x), std::min(least.y, p.y)};
    most = {std::max(most.x, p.x), std::max(most.y, p.y)};
  }
  const double wide = most.x - least.x, high = most.y - least.y;
  const double larger = std::max(wide, high);
  for (cv::Point2d& p : path) {
    p -= (least + most) * 0.5;
    p.x *= 2 / (wide < 0.45 * larger ? larger : wide);
    p.y *= 2 / (high < 0.45 * larger ? larger : high);
  }
  return path;
}

// How far the path stays from these points, each looked for after the one before.
double farthest_in_order(const std::vector<cv::Point2d>& path, const std::vector<cv::Point2d>& points) {
  // best[i]: least greatest distance when the points up to here are met within the first i of the path.
  std::vector<double> best(path.size(), 0);
  for (const cv::Point2d& point : points) {
    double before = 1e9;
    for (std::size_t i = 0; i < path.size(); ++i) {
      before = std::min(before, std::max(best[i], cv::norm(path[i] - point)));
      best[i] = before;
    }
  }
  return best.back();
}

// The turning points of each class, as people of the EgoGestAR videos draw them.
const std::vector<std::vector<cv::Point2d>> kTurningPoints{
    {{0, 1}, {0, -1}},
    {{0, -1}, {0, 1}},
    {{1, 0}, {-1, 0}},
    {{-1, 0}, {1, 0}},
    {{-0.65, 1}, {0, -1}, {0.65, 1}, {-1, -0.25}, {1, -0.25}, {-0.65, 1}},
    {{-1, -1}, {1, 1}, {-1, 1}, {1, -1}},
    {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}},
    {{-1, 1}, {0, -1}, {1, 1}},
    {{-0.95, -0.4}, {-0.3, 1}, {1, -1}},
    {{1, -0.2}, {0, -1}, {-1, 0}, {0, 1}, {1, 0}},
};

TEST(Hands, AFingertipMeetsItsGesturesTurningPointsInTheirOrder) {
  for (std::size_t gesture = 0; gesture < kGestureClasses; ++gesture) {
    for (std::uint64_t number = 0; number < 60; ++number)
      EXPECT_LT(farthest_in_order(drawn(motion(gesture, number)), kTurningPoints[gesture]), 0.85)
          << kGestures[gesture] << " " << number;
  }
}

TEST(Hands, NoGestureMeetsAnothersTurningPointsAsWellAsItsOwn) {
  for (std::size_t gesture = 0; gesture < kGestureClasses; ++gesture) {
    int confused = 0;
    for (std::uint64_t number = 0; number < 60; ++number) {
      const auto path = drawn(motion(gesture, number));
      const double own = farthest_in_order(path, kTurningPoints[gesture]);
      // A longer gesture may pass through a shorter one's points, never the other way round.
      for (std::size_t other = 0; other < kGestureClasses; ++other) {
        if (other != gesture && kTurningPoints[other].size() >= kTurningPoints[gesture].size())
          confused += farthest_in_order(path, kTurningPoints[other]) <= own ? 1 : 0;
      }
    }
    EXPECT_LE(confused, 3) << kGestures[gesture];
  }
}

TEST(Hands, AGestureIsDrawnInsideThePicture) {
  for (std::size_t gesture = 0; gesture < kGestureClasses; ++gesture) {
    int inside = 0, looks = 0;
    for (std::uint64_t number = 0; number < 60; ++number) {
      const FingerMotion moved = motion(gesture, number);
      for (double t = moved.begin(); t <= moved.end(); t += 0.05) {
        const cv::Point2d tip = moved.at(t);
        inside += tip.x > 0 && tip.x < kAspect && tip.y > 0 && tip.y < 1 ? 1 : 0;
        ++looks;
      }
    }
    EXPECT_GT(inside, 0.97 * looks) << kGestures[gesture];
  }
}

TEST(Hands, EveryMovementLastsAsLongAsPeopleTake) {
  for (std::size_t gesture = 0; gesture < kGestures.size(); ++gesture) {
    for (std::uint64_t number = 0; number < 60; ++number) {
      const FingerMotion moved = motion(gesture, number);
      EXPECT_LE(0, moved.begin());
      EXPECT_LT(moved.begin() + 0.3, moved.end());
      EXPECT_LE(moved.end(), moved.seconds());
      EXPECT_LT(moved.seconds(), 13) << kGestures[gesture];
    }
  }
}

TEST(Hands, SplitsShareNoPersonAndNoBackground) {
  for (const std::uint32_t count : {37u, 50u, 1100u}) {
    std::map<std::uint32_t, SyntheticSplit> figures, backgrounds;
    for (const SyntheticVideo& clip : plan_synthetic({.clips = count, .scene = &hands()})) {
      EXPECT_EQ(figures.emplace(clip.plan.figure, clip.split).first->second, clip.split);
      EXPECT_EQ(backgrounds.emplace(clip.plan.background, clip.split).first->second, clip.split);
    }
  }
}

TEST(Hands, OneInElevenIsOfNoClassAndStandsInNoSplitsList) {
  std::map<std::string, int> lists;
  for (const SyntheticVideo& clip : plan_synthetic({.clips = 1100, .scene = &hands()})) {
    ++lists[clip.list()];
    EXPECT_EQ(clip.labelled, clip.plan.action < kGestureClasses);
    EXPECT_EQ(clip.path.starts_with("videos/other_"), !clip.labelled);
    if (!clip.labelled) {
      EXPECT_EQ(std::string(clip.list()) == "other.txt", clip.split == SyntheticSplit::train);
    }
  }
  EXPECT_THAT(lists,
              ::testing::ElementsAre(::testing::Pair("other.txt", 70), ::testing::Pair("test.txt", 150),
                                     ::testing::Pair("train.txt", 700), ::testing::Pair("unknown.txt", 30),
                                     ::testing::Pair("val.txt", 150)));
}

TEST(Hands, NoListIsEmptyHoweverFewTheClips) {
  const std::uint32_t least = least_clips(hands());
  EXPECT_THROW(plan_synthetic({.clips = least - 1, .scene = &hands()}), UsageError);
  for (std::uint32_t count = least; count < 200; ++count) {
    std::set<std::string> lists;
    for (const SyntheticVideo& clip : plan_synthetic({.clips = count, .scene = &hands()}))
      lists.insert(clip.list());
    EXPECT_EQ(lists.size(), 5U) << count;  // train, val, test, other and unknown
  }
}

TEST(Hands, SeedsPeopleAndBackgroundsChangeThePicture) {
  const auto picture = [](ClipPlan plan) {
    plan.width = 80;
    plan.height = 60;
    return hands().film(plan)->frame(5);
  };
  EXPECT_EQ(picture({}).size(), 80u * 60 * 3);
  EXPECT_EQ(picture({}), picture({}));
  EXPECT_NE(picture({}), picture({.seed = 2}));
  EXPECT_NE(picture({}), picture({.action = 4}));
  EXPECT_NE(picture({}), picture({.figure = 1}));
  EXPECT_NE(picture({}), picture({.background = 1}));
}

TEST(Hands, FilesAreTheSameForAnyNumberOfThreads) {
  const testing::TemporaryFolder folder;
  for (const int threads : {1, 3}) {
    ASSERT_TRUE(write_synthetic(folder / std::to_string(threads),
                                {.clips = 37, .seed = 7, .threads = threads, .scene = &hands()}, kGoOn,
                                [] {}));
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "1")) {
    if (entry.is_directory()) continue;
    const auto name = entry.path().lexically_relative(folder / "1");
    EXPECT_EQ(content(entry.path()), content(folder / "3" / name)) << name;
  }
}

TEST(Hands, ListsNameVideosThatDecode) {
  const testing::TemporaryFolder folder;
  const auto set = folder / "set";
  ASSERT_TRUE(write_synthetic(set, {.clips = 37, .scene = &hands()}, kGoOn, [] {}));
  const std::vector<std::string> classes = lines(set / "classes.txt");
  EXPECT_THAT(classes, ::testing::ElementsAre("up", "down", "left", "right", "star", "del", "square",
                                              "carret", "tick", "circlecc"));
  std::set<std::string> listed;
  for (const char* list : {"train.txt", "val.txt", "test.txt", "other.txt", "unknown.txt"}) {
    for (const std::string& line : lines(set / list)) {
      std::istringstream words(line);
      std::string path;
      std::size_t label = 0;
      words >> path;
      const std::string movement = words >> label ? classes.at(label) : "other";
      EXPECT_THAT(path, HasSubstr("videos/" + movement + "_f")) << list;
      const testing::Decoded video = testing::read_all(set / path);
      EXPECT_EQ(video.info.codec, "h264");
      EXPECT_EQ(video.info.width, 160);
      EXPECT_EQ(video.info.height, 120);
      EXPECT_EQ(video.damaged, 0);
      EXPECT_THAT(video.frames.size(), ::testing::AllOf(::testing::Ge(10u), ::testing::Le(400u))) << path;
      EXPECT_TRUE(listed.insert(path).second) << path;
    }
  }
  EXPECT_EQ(listed.size(), 37u);
  EXPECT_EQ(lines(set / "figures.txt").size(), 37u);
  EXPECT_EQ(lines(set / "backgrounds.txt").size(), 37u);
}

}  // namespace
}  // namespace actionflow
