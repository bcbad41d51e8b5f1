// Files that broke other video readers, from decord's and moviepy's own tests: each decodes as it
// should or ends in one clear error. The expected sizes, counts and times are ffprobe's.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

using testing::Decoded;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFolder;
using testing::write_test_video;

struct Expected {
  const char* file;
  int width;  // as shown
  int height;
  std::size_t frames;
  std::int64_t last_pts_us;
  int rotation = 0;
};

TEST(Hostile, EachFileDecodesAsItShould) {
  REQUIRE_REAL_DATA(folder, "hostile");
  const Expected expected[] = {
      {"decord/video_0.mov", 568, 320, 3, 66'667},
      {"decord/video_90.mov", 320, 568, 3, 66'667, 90},
      {"decord/video_180.mov", 568, 320, 3, 66'667, 180},
      {"decord/video_270.mov", 320, 568, 3, 66'667, 270},
      {"decord/unordered.mov", 50, 50, 4, 93'750},
      {"decord/flipping_a_pancake.mkv", 426, 240, 310, 10'300'000},
      {"moviepy/-video-with-dash-.mp4", 1, 1, 5, 4'000'000},
      {"moviepy/bitmap.mp4", 1, 1, 5, 4'000'000},
      {"moviepy/test_video.mp4", 1, 1, 5, 4'000'000},
      {"moviepy/big_buck_bunny_432_433.webm", 1280, 720, 24, 958'000},
      {"moviepy/chaplin.mp4", 640, 360, 241, 9'600'000},
      {"moviepy/fire2.mp4", 1280, 720, 25, 2'279'844, 180},
      {"moviepy/no_duration.webm", 1280, 720, 74, 4'872'000},
      {"moviepy/smpte-2997.mp4", 1920, 1080, 251, 10'000'000},
      {"moviepy/transparent.webm", 200, 200, 150, 4'967'000},
      {"moviepy/video_with_failing_audio.mp4", 640, 360, 280, 11'160'000},
  };
  for (const Expected& each : expected) {
    const Decoded decoded = read_all(folder / each.file);
    ASSERT_EQ(decoded.frames.size(), each.frames) << each.file;
    EXPECT_EQ(decoded.frames[0].display_width(), each.width) << each.file;
    EXPECT_EQ(decoded.frames[0].display_height(), each.height) << each.file;
    EXPECT_EQ(decoded.frames[0].orientation(), Orientation::turned(each.rotation)) << each.file;
    EXPECT_EQ(decoded.frames.back().pts_us(), each.last_pts_us) << each.file;
    EXPECT_EQ(decoded.damaged, 0) << each.file;
    for (std::size_t i = 1; i < decoded.frames.size(); ++i)
      ASSERT_GT(decoded.frames[i].pts_us(), decoded.frames[i - 1].pts_us()) << each.file << " " << i;
  }
}

TEST(Hostile, AStreamWithoutDurationSaysSo) {
  REQUIRE_REAL_DATA(file, "hostile/moviepy/no_duration.webm");
  EXPECT_FALSE(read_all(file).info.duration.has_value());
}

TEST(Hostile, DamagedFramesAreCountedAndPassedOver) {
  REQUIRE_REAL_DATA(file, "hostile/decord/corrupted.mp4");
  const Decoded decoded = read_all(file);
  EXPECT_GT(decoded.frames.size(), 40u);
  EXPECT_GT(decoded.damaged, 0);
}

TEST(Hostile, AnEmptyFileIsOneClearError) {
  REQUIRE_REAL_DATA(file, "hostile/moviepy/zero_bytes.webm");
  EXPECT_EQ(error_of(file), file.string() + ": is empty (0 bytes); fetch or record it again");
}

TEST(Hostile, RealClipsDecodeWithoutDamage) {
  REQUIRE_REAL_DATA(folder, "clips");
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt" || entry.path().extension() == ".md") continue;
    const Decoded decoded = read_all(entry.path());
    EXPECT_GT(decoded.frames.size(), 30u) << entry.path();
    EXPECT_EQ(decoded.damaged, 0) << entry.path();
  }
}

// A picture size as it stands in a bitstream cannot be trusted: the limit holds before any memory is asked
// for.
TEST(Hostile, APictureOfSixteenThousandBySixteenThousandIsRefused) {
  const TemporaryFolder folder;
  // YUV4MPEG2 is a line of text and raw frames, so its header can claim anything.
  std::ofstream(folder / "huge.y4m") << "YUV4MPEG2 W16000 H16000 F25:1 Ip A1:1 C420\nFRAME\n"
                                     << std::string(4096, '\x80');
  const std::string message = error_of(folder / "huge.y4m");
  EXPECT_NE(message.find("16000×16000"), std::string::npos) << message;
  EXPECT_NE(message.find("limit"), std::string::npos) << message;
}

}  // namespace
}  // namespace actionflow
