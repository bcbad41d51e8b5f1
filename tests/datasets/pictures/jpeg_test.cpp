#include "datasets/pictures/encoding/jpeg.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "datasets/recordings/video_frames.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;

// One colour to the left, another to the right.
RgbPicture two_colours() {
  RgbPicture picture(48, 64);
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    const bool left = i / 3 % 64 < 32;
    picture.pixels[i] = left ? 220 : 30;
    picture.pixels[i + 1] = left ? 60 : 90;
    picture.pixels[i + 2] = left ? 40 : 200;
  }
  return picture;
}

TEST(Jpeg, IsReadBackAsTheSamePictureAlmost) {
  const RgbPicture picture = two_colours();
  const std::string file = encode_jpeg(picture);
  EXPECT_LT(file.size(), picture.pixels.size() / 4);
  const fs::path folder = fs::path(::testing::TempDir()) / "jpeg_test";
  fs::create_directories(folder);
  std::ofstream(folder / "1.jpg", std::ios::binary) << file;
  const auto video = read_video_frames(testing::source_of(folder), FrameForm{48, 64, ColorOrder::rgb, {}});
  fs::remove_all(folder);
  ASSERT_EQ(video->count(), 1);
  int worst = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    worst = std::max(worst, std::abs(int{video->pixels(0)[i]} - int{picture.pixels[i]}));
  EXPECT_LE(worst, 12);
}

TEST(Jpeg, OfTheSamePictureIsTheSame) { EXPECT_EQ(encode_jpeg(two_colours()), encode_jpeg(two_colours())); }

}  // namespace
}  // namespace actionflow
