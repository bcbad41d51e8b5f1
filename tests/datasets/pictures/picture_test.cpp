#include "datasets/pictures/encoding/png.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "datasets/clips/augmentation_sheet.h"
#include "datasets/recordings/memory_frames.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;

RgbPicture noise(int height, int width) {
  RgbPicture picture(height, width);
  Random random(1, "picture");
  for (std::uint8_t& byte : picture.pixels) byte = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

TEST(Png, IsReadBackToTheByte) {
  const RgbPicture picture = noise(31, 45);
  const std::string file = encode_png(picture);
  EXPECT_EQ(file.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const fs::path folder = fs::path(::testing::TempDir()) / "png_test";
  fs::create_directories(folder);
  std::ofstream(folder / "1.png", std::ios::binary) << file;
  const auto video = read_video_frames(testing::source_of(folder), FrameForm{31, 45, ColorOrder::rgb, {}});
  fs::remove_all(folder);
  ASSERT_EQ(video->count(), 1);
  const std::vector<std::uint8_t> read(video->pixels(0), video->pixels(0) + picture.pixels.size());
  EXPECT_EQ(read, picture.pixels);
}

TEST(Png, OfTheSamePictureIsTheSame) { EXPECT_EQ(encode_png(noise(20, 20)), encode_png(noise(20, 20))); }

InputSpec form(ColorOrder color) {
  InputSpec spec;
  spec.height = 4;
  spec.width = 6;
  spec.color = color;
  spec.motion = Motion::difference;
  spec.channels = spec.color_channels() + 1;
  return spec;
}

std::vector<PreparedFramePtr> clip(const InputSpec& spec, int frames) {
  std::vector<PreparedFramePtr> samples;
  for (int t = 0; t < frames; ++t) {
    auto frame = std::make_shared<PreparedFrame>(spec.height, spec.width, spec.channels);
    for (std::size_t i = 0; i < frame->size(); ++i)
      frame->data()[i] = static_cast<std::uint8_t>(10 * t + static_cast<int>(i) % spec.channels);
    samples.push_back(frame);
  }
  return samples;
}

TEST(FilmStrip, ShowsTheFirstAndTheLastSampleInTheirColours) {
  for (const ColorOrder color : {ColorOrder::rgb, ColorOrder::bgr, ColorOrder::gray}) {
    const InputSpec spec = form(color);
    const RgbPicture strip = film_strip(clip(spec, 9), spec, Shown::colors, 3, 8);
    // Three samples of 8×12 pixels with two white ones between them.
    ASSERT_EQ(strip.height, 8);
    ASSERT_EQ(strip.width, 40);
    const int red = color == ColorOrder::bgr ? 2 : 0;
    EXPECT_EQ(strip.pixels[0], red);
    EXPECT_EQ(strip.pixels[14 * 3], 40 + red);
    EXPECT_EQ(strip.pixels[39 * 3], 80 + red);
    EXPECT_EQ(strip.pixels[12 * 3], 255);
    const RgbPicture motion = film_strip(clip(spec, 9), spec, Shown::motion, 3, 8);
    EXPECT_EQ(motion.pixels[39 * 3 + 1], 80 + spec.color_channels());
  }
}

TEST(AugmentationSheet, NamesWhatALabelBecameAndFitsItsStrips) {
  InputSpec spec = form(ColorOrder::rgb);
  spec.frames = 5;
  MemoryFrames video(FrameForm::of(spec));
  InputSpec still = spec;
  still.motion = Motion::none;
  still.channels = 3;
  for (const PreparedFramePtr& frame : clip(still, 10)) video.add(video.count() * 40'000, frame);
  video.set_duration(0.4);
  AugmentOptions options;
  options.flip = 1;
  options.flip_labels = {{"left", "right"}};
  const Augmenter augmenter(options, {}, spec, {"left", "right"});
  const SheetRow row = sheet_row(augmenter, video, "a.mp4", {0}, 1, 0, 0);
  EXPECT_EQ(row.title, "left -> right, a.mp4");
  ASSERT_EQ(row.original.size(), 5U);
  ASSERT_EQ(row.changed.size(), 5U);
  const RgbPicture sheet = augmentation_sheet({row, row}, spec);
  // Two rows, each a title and four strips of 72 pixels.
  EXPECT_GE(sheet.height, 2 * (20 + 4 * 72));
  EXPECT_GE(sheet.width, 5 * 18 * 6);
}

}  // namespace
}  // namespace actionflow
