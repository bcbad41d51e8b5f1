#include "datasets/synthetic/drawn_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/datasets/make_video.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;

TEST(DrawnDataset, HoldsAsManyOfEachKindAsAreAskedFor) {
  SyntheticOptions options;
  options.scene = scene_named("hands");
  options.clips = 20;
  options.others = 8;
  int of_classes = 0, others = 0;
  std::set<std::string> paths;
  for (const SyntheticVideo& video : plan_synthetic(options)) {
    ++(video.labelled ? of_classes : others);
    paths.insert(video.path);
  }
  EXPECT_EQ(of_classes, 20);
  EXPECT_EQ(others, 8);
  EXPECT_EQ(paths.size(), 28U);
}

TEST(DrawnDataset, IsDrawnOnceAndNeverTakenFromABrokenOffRun) {
  const testing::TemporaryFolder folder;
  DrawnOptions options;
  options.others = 3;
  fs::create_directories(folder.path() / "hands_0_3_1000.unfinished/videos");
  const DrawnDataset drawn = drawn_dataset(options, folder.path(), 2);
  EXPECT_FALSE(fs::exists(folder.path() / "hands_0_3_1000.unfinished"));
  ASSERT_EQ(drawn.videos.size(), 3U);
  for (const SyntheticVideo& video : drawn.videos) {
    EXPECT_FALSE(video.labelled);
    EXPECT_GT(fs::file_size(drawn.folder / video.path), 1000U);
  }
  const auto written = fs::last_write_time(drawn.folder / drawn.videos[0].path);
  const DrawnDataset again = drawn_dataset(options, folder.path(), 2);
  EXPECT_EQ(again.folder, drawn.folder);
  EXPECT_EQ(fs::last_write_time(drawn.folder / drawn.videos[0].path), written);
}

TEST(DrawnDataset, FilmsComeWithListsOfWhatHappensInThem) {
  const testing::TemporaryFolder folder;
  DrawnOptions options;
  options.films = 3;
  options.minutes = 0.1;
  const fs::path films = drawn_films(options, folder.path(), 2);
  EXPECT_EQ(films.filename(), "hands_films_3_0.1_1000");
  EXPECT_TRUE(fs::exists(films / "train.txt"));
  const auto videos = fs::directory_iterator(films / "videos");
  EXPECT_EQ(std::distance(begin(videos), end(videos)), 3);
}

}  // namespace
}  // namespace actionflow
