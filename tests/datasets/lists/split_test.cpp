#include "datasets/lists/splits/split_check.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "datasets/lists/splits/held_out.h"
#include "tests/datasets/lists/dataset_fixture.h"

namespace actionflow {
namespace {

using testing::DatasetTest;
using ::testing::HasSubstr;
using testing::names_of;

TEST_F(DatasetTest, AVideoOnBothSidesOfASplitIsALeak) {
  options_.train = "train.txt";
  options_.val = "val.txt";
  options_.test = "test.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  write("val.txt", "c.mp4 0\na.mp4 0\n");
  write("test.txt", "d.mp4 0\nc.mp4 0\n");
  EXPECT_EQ(short_error(),
            "val.txt:2: error: a leak: 'a.mp4' stands in train.txt:1 too\n"
            "test.txt:2: error: a leak: 'c.mp4' stands in val.txt:1 too");
}

TEST_F(DatasetTest, OneListForTwoSplitsIsOneLine) {
  options_.train = "train.txt";
  options_.val = options_.test = "test.txt";
  options_.groups = "(v\\d)";
  write("train.txt", "t1.mp4 0\nt2.mp4 1\n");
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += "v" + std::to_string(i) + ".mp4 " + std::to_string(i % 2) + "\n";
  write("test.txt", rows);
  EXPECT_EQ(
      short_error(),
      "test.txt: error: data.val and data.test name one list, expected lists without a video in common");
  write("val.txt", rows + "w.mp4 1\n");
  options_.val = "val.txt";
  EXPECT_EQ(
      short_error(),
      "test.txt: error: a leak: all 40 videos of data.test stand in data.val too, as 'v0.mp4' in val.txt:1");
}

TEST_F(DatasetTest, AGroupOnBothSidesOfASplitIsALeak) {
  options_.train = "train.txt";
  options_.test = "test.txt";
  options_.groups = "person(\\d+)_";
  write("train.txt", "person1_a.mp4 0\nperson2_a.mp4 1\nperson2_b.mp4 1\n");
  write("test.txt", "person3_a.mp4 0\nperson2_c.mp4 1\n");
  EXPECT_EQ(
      short_error(),
      "test.txt:2: error: a leak: group '2' stands on both sides of a split, as 'person2_c.mp4' (1 videos) "
      "and in train.txt:2 as 'person2_a.mp4' (2 videos)");
  options_.groups = "(person\\d+_.)";
  EXPECT_EQ(error(), "");
}

TEST_F(DatasetTest, GroupsComeFromAFileToo) {
  options_.train = "train.txt";
  options_.groups = "scenes.txt";
  write("train.txt", "a b.mp4 0\nc.mp4 1\nd.mp4 1\n");
  write("scenes.txt", "a b.mp4 7\nc.mp4 8\nother.mp4 9\n");
  const Dataset dataset = read();
  EXPECT_EQ(dataset.train[0].group, "7");
  EXPECT_EQ(dataset.train[1].group, "8");
  EXPECT_THAT(dataset.warnings,
              ::testing::ElementsAre("data.groups gives no group to 1 of 3 training videos, as 'd.mp4'"));
  write("scenes.txt", "a b.mp4\nc.mp4 1\nc.mp4 2\n");
  EXPECT_EQ(short_error(), "scenes.txt:3: error: 'c.mp4' is in group 2, but was in 1 before");
}

TEST_F(DatasetTest, EverySplitsVideosAreAskedForTheirGroups) {
  options_.train = "train.txt";
  options_.val = "val.txt";
  options_.test = "test.txt";
  options_.groups = "scenes.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  write("val.txt", "c.mp4 0\nd.mp4 1\n");
  write("test.txt", "e.mp4 0\nf.mp4 1\n");
  write("scenes.txt", "a.mp4 1\nb.mp4 1\nc.mp4 2\nf.mp4 3\n");
  EXPECT_THAT(read().warnings,
              ::testing::ElementsAre("data.groups gives no group to 1 of 2 validation videos, as 'd.mp4'",
                                     "data.groups gives no group to 1 of 2 test videos, as 'e.mp4'"));
  write("scenes.txt", "a.mp4 1\nb.mp4 1\nc.mp4 2\nd.mp4 2\n");
  EXPECT_THAT(read().warnings,
              ::testing::ElementsAre("data.groups gives no group to 2 of 2 test videos, as 'e.mp4'"));
  write("scenes.txt", "c.mp4 1\ne.mp4 2\n");
  EXPECT_THAT(short_error(), HasSubstr("gives no group to 2 of 2 training videos, as 'a.mp4'"));
  write("scenes.txt", "\n");
  EXPECT_EQ(short_error(), "scenes.txt: error: holds no groups, expected `name group` lines");
}

TEST_F(DatasetTest, GroupsThatAreNoPatternAreAMistakeOfTheRecipe) {
  options_.train = "train.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  for (const char* pattern : {"(", "scene\\d+", "scenes.txt"}) {
    options_.groups = pattern;
    EXPECT_THROW(read(), UsageError) << pattern;
  }
  options_.groups = "person(\\d+)";
  EXPECT_THAT(short_error(), HasSubstr("gives no group to 2 of 2 training videos, as 'a.mp4'"));
}

TEST_F(DatasetTest, AShareOfTrainBecomesValByWholeGroups) {
  options_.train = "train.txt";
  options_.groups = "g(\\d+)_";
  options_.val_share = 0.3;
  std::string list;
  for (int group = 0; group < 10; ++group) {
    for (int video = 0; video < 4; ++video)
      list += "g" + std::to_string(group) + "_" + std::to_string(video) + ".mp4 " +
              std::to_string(video % 2) + "\n";
  }
  write("train.txt", list);
  const Dataset dataset = read();
  EXPECT_EQ(dataset.val.size(), 12U);
  EXPECT_EQ(dataset.train.size(), 28U);
  std::set<std::string> groups;
  for (const VideoEntry& entry : dataset.val) groups.insert(entry.group);
  EXPECT_EQ(groups.size(), 3U);
  for (const VideoEntry& entry : dataset.train) EXPECT_FALSE(groups.contains(entry.group));
  EXPECT_EQ(names_of(read().val), names_of(dataset.val));
  EXPECT_NE(names_of(read(2).val), names_of(dataset.val));
}

TEST_F(DatasetTest, WithoutGroupsEachClassGivesItsShareToVal) {
  options_.train = "train.txt";
  options_.val_share = 0.25;
  std::string list;
  for (int video = 0; video < 24; ++video)
    list += std::to_string(video) + ".mp4 " + std::to_string(video < 20 ? 0 : 1) + "\n";
  write("train.txt", list + "only.mp4 2\n");
  const Dataset dataset = read();
  ASSERT_EQ(dataset.val.size(), 6U);
  EXPECT_EQ(std::count_if(dataset.val.begin(), dataset.val.end(),
                          [](const VideoEntry& entry) { return entry.labels[0] == 0; }),
            5);
  EXPECT_EQ(dataset.train.size(), 19U);
}

// Of each part of train, what is held out; together every entry once.
TEST_F(DatasetTest, TrainIsDealtToPartsThatHoldEveryGroupOnce) {
  options_.train = "train.txt";
  options_.val_parts = 3;
  options_.groups = R"(scene(\d+)/)";
  std::string list;
  for (int scene = 0; scene < 7; ++scene) {
    for (int video = 0; video <= scene % 3; ++video)
      list += "scene" + std::to_string(scene) + "/" + std::to_string(video) + ".mp4 " +
              std::to_string(video % 2) + "\n";
  }
  write("train.txt", list);
  std::set<std::string> groups;
  for (options_.val_part = 0; options_.val_part < 3; ++options_.val_part) {
    const Dataset dataset = read();
    EXPECT_EQ(dataset.train.size() + dataset.val.size(), 13U);
    EXPECT_NEAR(static_cast<double>(dataset.val.size()), 13 / 3.0, 1);
    std::set<std::string> own;
    for (const VideoEntry& entry : dataset.val) own.insert(entry.group);
    for (const VideoEntry& entry : dataset.train) EXPECT_FALSE(own.contains(entry.group));
    for (const std::string& group : own) EXPECT_TRUE(groups.insert(group).second) << group;
  }
  EXPECT_EQ(groups.size(), 7U);
  options_.val_parts = 8;
  options_.val_part = 7;
  EXPECT_THAT(short_error(),
              ::testing::HasSubstr("7 groups to hold out one after another, expected at least 8"));
}

TEST_F(DatasetTest, WithoutGroupsEachClassIsDealtToTheParts) {
  options_.train = "train.txt";
  options_.val_parts = 4;
  std::string list;
  for (int video = 0; video < 24; ++video)
    list += std::to_string(video) + ".mp4 " + std::to_string(video < 16 ? 0 : 1) + "\n";
  write("train.txt", list);
  std::set<std::string> seen;
  for (options_.val_part = 0; options_.val_part < 4; ++options_.val_part) {
    const Dataset dataset = read();
    EXPECT_EQ(dataset.val.size(), 6U);
    EXPECT_EQ(std::count_if(dataset.val.begin(), dataset.val.end(),
                            [](const VideoEntry& entry) { return entry.labels[0] == 0; }),
              4);
    for (const VideoEntry& entry : dataset.val) seen.insert(entry.name);
  }
  EXPECT_EQ(seen.size(), 24U);
}

TEST_F(DatasetTest, FoldsHoldOutWholeGroups) {
  options_.train = "train.txt";
  options_.groups = "s(\\d+)_";
  std::string list;
  for (int scene = 1; scene <= 10; ++scene)
    list += "s" + std::to_string(scene) + "_a.mp4 0\ns" + std::to_string(scene) + "_b.mp4 1\n";
  write("train.txt", list);
  const std::vector<VideoEntry> entries = read().train;
  std::vector<VideoEntry> rest;
  std::vector<VideoEntry> held_out;
  std::size_t all = 0;
  for (int fold = 0; fold < 5; ++fold) {
    split_fold(entries, 5, fold, rest, held_out);
    EXPECT_EQ(held_out.size() + rest.size(), entries.size());
    for (const VideoEntry& entry : held_out) EXPECT_EQ(std::stoi(entry.group) % 5, fold);
    all += held_out.size();
  }
  EXPECT_EQ(all, entries.size());
  EXPECT_THROW(split_fold(entries, 5, 5, rest, held_out), UsageError);
  EXPECT_THROW(split_fold(entries, 100, 50, rest, held_out), UsageError);
  EXPECT_THROW(split_fold({VideoEntry{}}, 2, 0, rest, held_out), UsageError);
}

TEST_F(DatasetTest, FoldsOfNamedGroupsGoByTheirPlaceInNaturalOrder) {
  std::vector<VideoEntry> entries(4);
  const char* const groups[] = {"ann", "person10", "person9", "zoe"};
  for (std::size_t i = 0; i < 4; ++i) entries[i].group = groups[i];
  std::vector<VideoEntry> rest;
  std::vector<VideoEntry> held_out;
  split_fold(entries, 2, 0, rest, held_out);
  EXPECT_EQ(held_out[0].group, "ann");
  EXPECT_EQ(held_out[1].group, "person10");  // ann, person9, person10, zoe
}

TEST_F(DatasetTest, AFoldOfTrainTakesThePlaceOfTest) {
  options_.train = "train.csv";
  options_.test = "no such list.txt";
  options_.folds = 2;
  options_.fold = 1;
  options_.val_share = 0.5;
  write("train.csv", "path,label,person\na.mp4,0,1\nb.mp4,1,2\nc.mp4,1,3\nd.mp4,0,4\n");
  const Dataset dataset = read();
  ASSERT_EQ(dataset.test.size(), 2U);
  EXPECT_EQ(dataset.test[0].name, "a.mp4");
  EXPECT_EQ(dataset.test[1].name, "c.mp4");
  EXPECT_EQ(dataset.train.size(), 1U);
  EXPECT_EQ(dataset.val.size(), 1U);
}

TEST_F(DatasetTest, VideosOfNoClassAreTrainedOnAndLeakLikeAnyOther) {
  options_.train = "train.txt";
  options_.test = "test.txt";
  options_.other = "other.txt";
  write("train.txt", "a.mp4 0\nb.mp4 1\n");
  write("test.txt", "c.mp4 0\n");
  write("other.txt", "d.mp4\n");
  const Dataset dataset = read();
  ASSERT_EQ(dataset.train.size(), 3U);
  EXPECT_EQ(dataset.train.back().name, "d.mp4");
  EXPECT_TRUE(dataset.train.back().labels.empty());
  write("other.txt", "d.mp4\nc.mp4\n");
  EXPECT_THAT(short_error(), HasSubstr("a leak: 'c.mp4' stands in other.txt:2 too"));
}

}  // namespace
}  // namespace actionflow
