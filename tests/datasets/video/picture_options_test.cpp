// What a stream's options leave of its pictures, and of the work of decoding them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/tools/log_lines.h"

namespace actionflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::luma_at;
using testing::read_all;
using testing::source_of;
using testing::TemporaryFolder;

// Each pixel's luma says where it is, in steps that survive the encoder: left to right in one half of the
// range, top to bottom in the other.
void write_map(const std::filesystem::path& path, Orientation orientation = {}) {
  testing::TestVideo video;
  video.frames = 3;
  video.orientation = orientation;
  video.quality = 1;
  video.paint = [](int, std::uint8_t* rgb) {
    for (int y = 0; y < 48; ++y)
      for (int x = 0; x < 64; ++x)
        std::fill_n(rgb + 3 * (64 * y + x), 3, static_cast<std::uint8_t>(40 + 8 * (x / 8) + 16 * (y / 8)));
  };
  testing::write_test_video(path, video);
}

TEST(CroppedPictures, ShowTheRegionAlone) {
  const TemporaryFolder folder;
  write_map(folder / "a.mp4");
  SourceOptions source = source_of(folder / "a.mp4");
  const Frame whole = read_all(source).frames.at(0);
  source.crop = Region{0.25, 1.0 / 3, 0.5, 0.5};
  const Frame part = read_all(source).frames.at(0);
  EXPECT_EQ(part.coded_width(), 32);
  EXPECT_EQ(part.coded_height(), 24);
  for (const auto& [x, y] : {std::pair(0, 0), std::pair(31, 0), std::pair(0, 23), std::pair(31, 23)})
    EXPECT_EQ(luma_at(part, x, y), luma_at(whole, x + 16, y + 16));
}

TEST(CroppedPictures, AreCutAsTheyAreShown) {
  const TemporaryFolder folder;
  for (const int degrees : {90, 180, 270}) {
    const Orientation turned = Orientation::turned(degrees);
    write_map(folder / "a.mp4", turned);
    SourceOptions source = source_of(folder / "a.mp4");
    const Frame whole = read_all(source).frames.at(0);
    source.crop = Region{0, 0, 0.5, 0.5};
    const Frame part = read_all(source).frames.at(0);
    EXPECT_EQ(part.display_width(), whole.display_width() / 2);
    EXPECT_EQ(part.display_height(), whole.display_height() / 2);
    // The shown picture's upper left corner, where it lies as coded.
    const bool right = turned.transposed ? turned.mirrored_y : turned.mirrored_x;
    const bool low = turned.transposed ? turned.mirrored_x : turned.mirrored_y;
    EXPECT_EQ(luma_at(part, right ? 31 : 0, low ? 23 : 0), luma_at(whole, right ? 63 : 0, low ? 47 : 0))
        << degrees;
  }
}

TEST(SkippedWork, LeavesOutThePicturesThatItSays) {
  const TemporaryFolder folder;
  const std::string file = folder / "a.mp4";
  ASSERT_EQ(std::system(
                ("ffmpeg -v error -nostdin -f lavfi -i testsrc=size=64x48:rate=25 -frames:v 50 -c:v libx264 "
                 "-g 10 -bf 2 -sc_threshold 0 -x264-params b-adapt=0:b-pyramid=none " +
                 file)
                    .c_str()),
            0);
  const auto pictures = [&](std::vector<Skip> skip) {
    SourceOptions source = source_of(file);
    source.skip = std::move(skip);
    const auto decoded = read_all(source);
    EXPECT_EQ(decoded.damaged, 0);
    return decoded.frames.size();
  };
  EXPECT_EQ(pictures({}), 50U);
  EXPECT_EQ(pictures({Skip::loop_filter}), 50U);
  EXPECT_EQ(pictures({Skip::nonkey}), 5U);
  const std::size_t referenced = pictures({Skip::nonreference, Skip::loop_filter});
  EXPECT_GT(referenced, 15U);
  EXPECT_LT(referenced, 25U);
}

// Wherever there is no device, which the log says in one line; with one the pictures have the same form.
TEST(HardwareDecoding, FallsBackToTheProcessor) {
  const TemporaryFolder folder;
  for (const Hardware hardware : {Hardware::automatic, Hardware::vaapi, Hardware::cuda, Hardware::qsv,
                                  Hardware::vdpau, Hardware::drm}) {
    const testing::LogLines log;
    const std::filesystem::path file =
        folder / (std::to_string(static_cast<int>(hardware)) + ".mp4");  // each is told once
    write_map(file);
    SourceOptions source = source_of(file);
    source.hardware = hardware;
    const auto decoded = read_all(source);
    EXPECT_EQ(decoded.frames.size(), 3U);
    EXPECT_THAT(log.lines(), ElementsAre(HasSubstr(".mp4: decoded by ")));
  }
}

TEST(SourceOptions, AreCheckedTogether) {
  const auto errors = [](const std::string& yaml) {
    config::Diagnostics diagnostics;
    config::read<SourceOptions>(config::parse(yaml, "a.yaml"), diagnostics);
    return diagnostics.empty() ? std::string() : diagnostics.render();
  };
  EXPECT_EQ(errors("{source: a.mp4, realtime: true, loop: true, crop: [0.5, 0, 0.5, 1], skip: loop_filter, "
                   "mask: [[[0, 0], [1, 0], [0, 1]]], hardware: auto, silence: 5}"),
            "");
  EXPECT_THAT(errors("{source: a.mp4, loop: true}"), HasSubstr("expected realtime: true"));
  EXPECT_THAT(errors("{source: a.mp4, crop: [0.5, 0, 0.6, 1]}"), HasSubstr("crop is not inside the picture"));
  EXPECT_THAT(errors("{source: a.mp4, crop: [0, 0, 0, 1]}"), HasSubstr("crop is not inside the picture"));
  EXPECT_THAT(errors("{source: a.mp4, mask: [[[0, 0], [1, 1]]]}"), HasSubstr("fewer than three corners"));
  EXPECT_THAT(errors("{source: a.mp4, silence: 0}"), HasSubstr("silence"));
}

}  // namespace
}  // namespace actionflow
