// The synthetic action dataset: what is promised of its plan, its pictures and its files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "datasets/synthetic/clip_video.h"
#include "datasets/synthetic/generator.h"
#include "datasets/synthetic/people/actions.h"
#include "datasets/synthetic/people/person_clip.h"
#include "datasets/synthetic/people/person_stage.h"
#include "tests/datasets/lists/text_files.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

using testing::content;
using ::testing::HasSubstr;
using testing::lines;

double mean_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  return sum / static_cast<double>(a.size());
}

std::vector<std::uint8_t> bytes_of(const cv::Mat& image) {
  return {image.data, image.data + image.total() * image.elemSize()};
}

const StopFlag kGoOn{false};

TEST(Synthetic, PartnersAreNeighboursOfOnePair) {
  for (std::size_t action = 0; action < kActions.size(); ++action) {
    EXPECT_EQ(kActions[action].pair, kActions[partner_of(action)].pair);
    EXPECT_NE(kActions[action].reversed, kActions[partner_of(action)].reversed);
  }
}

TEST(Synthetic, SplitsShareNoFigureAndNoBackground) {
  for (const std::uint32_t count : {3u, 5u, 6u, 7u, 50u, 1000u}) {
    std::map<std::uint32_t, SyntheticSplit> figures, backgrounds;
    for (const SyntheticVideo& clip : plan_synthetic({.clips = count})) {
      EXPECT_EQ(figures.emplace(clip.plan.figure, clip.split).first->second, clip.split);
      EXPECT_EQ(backgrounds.emplace(clip.plan.background, clip.split).first->second, clip.split);
    }
  }
}

TEST(Synthetic, SplitsAreOfTheirSharesAndClassesBalanced) {
  std::map<SyntheticSplit, std::map<std::size_t, int>> counts;
  std::map<SyntheticSplit, int> clips;
  for (const SyntheticVideo& clip : plan_synthetic({.clips = 1000})) {
    ++counts[clip.split][clip.plan.action];
    ++clips[clip.split];
  }
  EXPECT_EQ(clips[SyntheticSplit::train], 700);
  EXPECT_EQ(clips[SyntheticSplit::val], 150);
  EXPECT_EQ(clips[SyntheticSplit::test], 150);
  for (const auto& [split, classes] : counts) {
    EXPECT_EQ(classes.size(), kActions.size());
    const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto [least, most] = std::minmax_element(classes.begin(), classes.end(), by_count);
    EXPECT_LE(most->second - least->second, 1);
  }
}

TEST(Synthetic, APartnersFilmIsTheSameFilmRunBackwards) {
  for (std::size_t action = 0; action < kActions.size(); action += 2) {
    const auto number = static_cast<std::uint32_t>(action + 1);
    const auto one = person_clip({.action = action, .clip = number, .figure = 2, .background = 9});
    const auto other =
        person_clip({.action = partner_of(action), .clip = number, .figure = 2, .background = 9});
    ASSERT_EQ(one->frames(), other->frames());
    for (int k = 0; k < one->frames(); k += 6) {
      EXPECT_EQ(one->frame(k), other->frame(other->frames() - 1 - k)) << kActions[action].name << " at " << k;
    }
  }
}

TEST(Synthetic, PartnersHaveTheSameMiddlePicture) {
  for (std::size_t action = 0; action < kActions.size(); action += 2) {
    const auto one = person_clip({.action = action, .clip = 4, .figure = 1, .background = 2});
    const auto other = person_clip({.action = partner_of(action), .clip = 4, .figure = 1, .background = 2});
    EXPECT_EQ(one->frames() % 2, 1);
    EXPECT_EQ(one->frame(one->frames() / 2), other->frame(other->frames() / 2)) << kActions[action].name;
  }
}

TEST(Synthetic, EveryFilmIsPlannedForwardsAndBackwardsInOneSplit) {
  std::map<std::uint32_t, std::vector<SyntheticVideo>> films;
  for (const SyntheticVideo& clip : plan_synthetic({.clips = 280})) films[clip.plan.clip].push_back(clip);
  EXPECT_EQ(films.size(), 140u);
  for (const auto& [number, clips] : films) {
    ASSERT_EQ(clips.size(), 2u) << number;
    EXPECT_EQ(clips[0].plan.action, partner_of(clips[1].plan.action));
    EXPECT_EQ(clips[0].split, clips[1].split);
    EXPECT_EQ(clips[0].plan.figure, clips[1].plan.figure);
    EXPECT_EQ(clips[0].plan.background, clips[1].plan.background);
  }
}

TEST(Synthetic, EveryActionMoves) {
  for (std::size_t action = 0; action < kActions.size(); ++action) {
    const auto clip = static_cast<std::uint32_t>(action);
    const PersonSetting setting({.action = action, .clip = clip});
    const PersonStage stage(setting, kActions[action].pair, Random(1, "choreography", 0, clip),
                            Random(1, "prop", 0, clip));
    EXPECT_GT(mean_difference(bytes_of(stage.draw(0.1, 0, {})), bytes_of(stage.draw(0.45, 0, {}))), 0.3)
        << kActions[action].name;
  }
}

TEST(Synthetic, SeedsFiguresAndBackgroundsChangeThePicture) {
  const auto picture = [](const ClipPlan& plan) { return person_clip(plan)->frame(10); };
  EXPECT_EQ(picture({}), picture({}));
  EXPECT_NE(picture({}), picture({.seed = 2}));
  EXPECT_NE(picture({}), picture({.figure = 1}));
  EXPECT_NE(picture({}), picture({.background = 1}));
}

TEST(Synthetic, FilesAreTheSameForAnyNumberOfThreads) {
  const testing::TemporaryFolder folder;
  for (const int threads : {1, 3}) {
    ASSERT_TRUE(write_synthetic(folder / std::to_string(threads), {.clips = 8, .seed = 7, .threads = threads},
                                kGoOn, [] {}));
  }
  std::set<std::string> names{"classes.txt", "train.txt",   "val.txt",
                              "test.txt",    "figures.txt", "backgrounds.txt"};
  for (const SyntheticVideo& clip : plan_synthetic({.clips = 8, .seed = 7})) names.insert(clip.path);
  for (const std::string& name : names) {
    EXPECT_EQ(content(folder / "1" / name), content(folder / "3" / name)) << name;
    EXPECT_FALSE(content(folder / "1" / name).empty()) << name;
  }
}

TEST(Synthetic, ListsNameVideosThatDecode) {
  const testing::TemporaryFolder folder;
  std::atomic<int> written{0};
  ASSERT_TRUE(write_synthetic(folder / "set", {.clips = 28}, kGoOn, [&] { ++written; }));
  EXPECT_EQ(written, 28);
  const std::vector<std::string> classes = lines(folder / "set/classes.txt");
  ASSERT_EQ(classes.size(), kActions.size());
  std::size_t listed = 0;
  for (const char* list : {"train.txt", "val.txt", "test.txt"}) {
    for (const std::string& line : lines(folder / "set" / list)) {
      std::istringstream words(line);
      std::string path;
      std::size_t label = 99;
      words >> path >> label;
      ASSERT_LT(label, classes.size()) << line;
      EXPECT_THAT(path, HasSubstr("videos/" + classes[label] + "_f"));
      const testing::Decoded video = testing::read_all(folder / "set" / path);
      EXPECT_EQ(video.info.codec, "h264");
      EXPECT_EQ(video.info.width, 192);
      EXPECT_EQ(video.info.height, 144);
      EXPECT_EQ(video.damaged, 0);
      EXPECT_THAT(video.frames.size(), ::testing::AllOf(::testing::Ge(30u), ::testing::Le(90u))) << path;
      ++listed;
    }
  }
  EXPECT_EQ(listed, 28u);
  EXPECT_THAT(lines(folder / "set/figures.txt"),
              ::testing::Each(::testing::MatchesRegex(".*_(f[0-9]+)_.* f[0-9]+")));
  EXPECT_EQ(lines(folder / "set/figures.txt").size(), 28u);
  EXPECT_EQ(lines(folder / "set/backgrounds.txt").size(), 28u);
}

TEST(Synthetic, AFolderInUseStaysAsItIs) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "mine.txt") << "kept";
  EXPECT_THROW(write_synthetic(folder / "", {.clips = 6}, kGoOn, [] {}), UsageError);
  EXPECT_THROW(write_synthetic(folder / "mine.txt", {.clips = 6}, kGoOn, [] {}), UsageError);
  EXPECT_EQ(content(folder / "mine.txt"), "kept");
  EXPECT_FALSE(std::filesystem::exists(folder / "videos"));
}

TEST(Synthetic, WhatIsStoppedLeavesNothing) {
  const testing::TemporaryFolder folder;
  StopFlag stop{false};
  EXPECT_FALSE(write_synthetic(folder / "set", {.clips = 1000}, stop, [&] { stop = true; }));
  EXPECT_FALSE(std::filesystem::exists(folder / "set"));
}

}  // namespace
}  // namespace actionflow
