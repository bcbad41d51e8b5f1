#include "datasets/video/writing/video_writer.h"

#include <gtest/gtest.h>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

using testing::read_all;
using testing::TemporaryFolder;
using testing::TestVideo;
using testing::write_test_video;

TEST(VideoWriter, WritesWhatTheReaderReadsBackInEachContainer) {
  const TemporaryFolder folder;
  for (const char* name : {"a.mp4", "a.mkv", "a.avi", "a.webm", "a.mov", "a.flv", "a.ts", "a.mpg", "a.3gp"}) {
    write_test_video(folder / name, {.frames = 20});
    const testing::Decoded decoded = read_all(folder / name);
    EXPECT_EQ(decoded.frames.size(), 20u) << name;
    EXPECT_EQ(decoded.info.width, 64) << name;
    EXPECT_EQ(decoded.damaged, 0) << name;
  }
}

TEST(VideoWriter, KeepsTimeStampsWhereTheContainerCan) {
  const TemporaryFolder folder;
  const std::vector<std::int64_t> stamps = {0, 40'000, 120'000, 121'000, 500'000};
  TestVideo video{.frames = 5};
  video.pts_us = [&](int k) { return stamps[static_cast<std::size_t>(k)]; };
  write_test_video(folder / "uneven.mp4", video);
  const testing::Decoded decoded = read_all(folder / "uneven.mp4");
  ASSERT_EQ(decoded.frames.size(), stamps.size());
  for (std::size_t k = 0; k < stamps.size(); ++k) EXPECT_NEAR(decoded.frames[k].pts_us(), stamps[k], 17);
}

TEST(VideoWriter, MovesATimeStampOnThatDoesNotRise) {
  const TemporaryFolder folder;
  TestVideo video{.frames = 4};
  video.pts_us = [](int) { return std::int64_t{1'000'000}; };
  write_test_video(folder / "still.mp4", video);
  const testing::Decoded decoded = read_all(folder / "still.mp4");
  ASSERT_EQ(decoded.frames.size(), 4u);
  for (std::size_t k = 1; k < 4; ++k) EXPECT_GT(decoded.frames[k].pts_us(), decoded.frames[k - 1].pts_us());
}

TEST(VideoWriter, NamesThePathThatCannotBeWritten) {
  try {
    write_test_video("/nowhere/at/all.mp4", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::failure);
    EXPECT_NE(std::string(error.what()).find("/nowhere/at/all.mp4"), std::string::npos);
  }
}

TEST(VideoWriter, RefusesASuffixThatNamesNoContainer) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_test_video(folder / "video.nothing", {}), Error);
}

TEST(VideoWriter, RoundsOddSizesUp) {
  const TemporaryFolder folder;
  write_test_video(folder / "odd.mp4", {.width = 33, .height = 17, .frames = 3});
  const testing::Decoded decoded = read_all(folder / "odd.mp4");
  EXPECT_EQ(decoded.info.width, 34);
  EXPECT_EQ(decoded.info.height, 18);
}

}  // namespace
}  // namespace actionflow
