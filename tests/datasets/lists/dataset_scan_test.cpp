#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/log/log.h"
#include "datasets/lists/dataset.h"
#include "datasets/lists/dataset_scan.h"
#include "datasets/lists/reading/read_dataset.h"
#include "datasets/recordings/video_index.h"
#include "tests/datasets/make_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::TestVideo;
using testing::write_test_video;

VideoEntry entry_of(const fs::path& path) {
  VideoEntry entry;
  entry.path = path;
  entry.name = path.filename().string();
  return entry;
}

class ScanTest : public ::testing::Test {
 protected:
  ScanTest() { log::set_level(log::Level::quiet); }
  ~ScanTest() override { log::set_level(log::Level::info); }
  fs::path make(const std::string& name, int frames) {
    TestVideo video;
    video.frames = frames;
    write_test_video(folder_ / name, video);
    return folder_ / name;
  }
  TemporaryFolder folder_;
};

TEST_F(ScanTest, FindsUnreadableMissingAndShortVideosInTheirOrder) {
  std::ofstream(folder_ / "letter.mp4") << "Dear reader";
  std::ofstream(folder_ / "empty.mp4");
  const std::vector<VideoEntry> entries{entry_of(make("a.mp4", 50)),     entry_of(folder_ / "letter.mp4"),
                                        entry_of(make("short.mp4", 5)),  entry_of(folder_ / "missing.mp4"),
                                        entry_of(folder_ / "empty.mp4"), entry_of(make("b.avi", 25))};
  for (const int threads : {1, 4}) {
    const ScanResult result = scan_videos(entries, 1.0, threads);
    EXPECT_EQ(result.videos, 6);
    ASSERT_EQ(result.unreadable.size(), 3U);
    EXPECT_EQ(result.unreadable[0].name, "letter.mp4");
    EXPECT_THAT(result.unreadable[0].why, HasSubstr("is text, not a video"));
    EXPECT_EQ(result.unreadable[1].name, "missing.mp4");
    EXPECT_FALSE(result.unreadable[1].why.empty());
    EXPECT_EQ(result.unreadable[2].name, "empty.mp4");
    ASSERT_EQ(result.short_ones.size(), 1U);
    EXPECT_EQ(result.short_ones[0].name, "short.mp4");
    EXPECT_EQ(result.short_ones[0].frames, 5);
    EXPECT_NEAR(result.short_ones[0].seconds, 0.2, 1e-6);
    EXPECT_NEAR(result.seconds, 2 + 0.2 + 1, 1e-6);
  }
}

TEST_F(ScanTest, AVideoOfPacketsWithoutAPictureIsUnreadable) {
  const fs::path path = make("a.mkv", 50);
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::int64_t>(fs::file_size(path));
  stream.seekp(700);
  stream << std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, size - 1400)), '\0');
  stream.close();
  EXPECT_EQ(scan_videos({entry_of(path)}, 0, 1).unreadable.size(), 1U);
}

TEST_F(ScanTest, DecodesNoMoreThanTheFirstFrame) {
  const VideoIndex index = index_video(entry_of(make("a.mp4", 300)).source());
  EXPECT_EQ(index.packets, 300);
  EXPECT_LE(index.decoded, 2);
  EXPECT_EQ(index.times_us.size(), 300U);
  EXPECT_DOUBLE_EQ(index.duration, 12);
}

TEST_F(ScanTest, NoVideosAreNoTrouble) { EXPECT_EQ(scan_videos({}, 1, 4).videos, 0); }

TEST_F(ScanTest, RealVideosAreAllReadable) {
  REQUIRE_REAL_DATA(root, "egogestar");
  DataOptions options;
  options.root = root;
  options.classes = root / "classes.txt";
  options.train = root / "train.txt";
  const Dataset dataset = read_dataset(options, 1);
  const ScanResult result = scan_videos(dataset.train, 0.5, 2);
  EXPECT_TRUE(result.unreadable.empty());
  EXPECT_TRUE(result.short_ones.empty());
}

}  // namespace
}  // namespace actionflow
