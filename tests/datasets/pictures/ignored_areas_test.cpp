// Areas that networks do not see, wherever an input form puts them.
#include "datasets/pictures/ignored_areas.h"

#include <gtest/gtest.h>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

using testing::TemporaryFolder;

InputSpec form(int height, int width) {
  InputSpec form;
  form.height = height;
  form.width = width;
  return form;
}

// White pictures of 64×48, shown as `orientation` says.
Frame white(const TemporaryFolder& folder, Orientation orientation = {}) {
  testing::TestVideo video;
  video.frames = 2;
  video.orientation = orientation;
  video.paint = [](int, std::uint8_t* rgb) { std::fill_n(rgb, 3 * 64 * 48, std::uint8_t{255}); };
  testing::write_test_video(folder / "a.mp4", video);
  return testing::read_all(folder / "a.mp4").frames.at(0);
}

// By pixel, row by row: '#' where the network sees nothing.
std::vector<std::string> seen(const Frame& frame, const InputSpec& form, const std::vector<Polygon>& polygons,
                              const std::optional<Region>& crop = {}) {
  const PreparedFramePtr left =
      IgnoredAreas(polygons, crop, form).without(Preparer(form).prepare(frame), frame);
  std::vector<std::string> rows;
  for (int y = 0; y < form.height; ++y) {
    rows.emplace_back();
    for (int x = 0; x < form.width; ++x)
      rows.back() += left->data()[(y * form.width + x) * form.channels] < 50 ? '#' : '.';
  }
  return rows;
}

const Polygon kUpperLeft{{0, 0}, {0.5, 0}, {0.5, 0.5}, {0, 0.5}};

TEST(IgnoredAreas, AreBlackWhereTheyLieInThePicture) {
  const TemporaryFolder folder;
  EXPECT_EQ(seen(white(folder), form(4, 8), {kUpperLeft}),
            (std::vector<std::string>{"####....", "####....", "........", "........"}));
  EXPECT_EQ(seen(white(folder), form(4, 4), {kUpperLeft, {{1, 1}, {0.75, 1}, {0.75, 0.75}, {1, 0.75}}}),
            (std::vector<std::string>{"##..", "##..", "....", "...#"}));
}

TEST(IgnoredAreas, FollowTheFormsCrop) {
  const TemporaryFolder folder;
  InputSpec square = form(6, 6);
  square.resize.mode = ResizeMode::short_side;  // of 8×6 samples, the middle six
  const std::vector<std::string> rows = seen(white(folder), square, {kUpperLeft});
  EXPECT_EQ(rows[0], "###...");
  EXPECT_EQ(rows[2], "###...");
  EXPECT_EQ(rows[3], "......");
}

TEST(IgnoredAreas, AreCountedInThePictureAsItIsShown) {
  const TemporaryFolder folder;
  for (const int degrees : {0, 90, 180, 270})
    EXPECT_EQ(seen(white(folder, Orientation::turned(degrees)), form(4, 4), {kUpperLeft}),
              (std::vector<std::string>{"##..", "##..", "....", "...."}))
        << degrees;
}

TEST(IgnoredAreas, AreCountedInTheWholePictureWhereItIsCropped) {
  const TemporaryFolder folder;
  EXPECT_EQ(seen(white(folder), form(4, 4), {kUpperLeft}, Region{0.25, 0.25, 0.5, 0.5}),
            (std::vector<std::string>{"##..", "##..", "....", "...."}));
}

TEST(IgnoredAreas, HaveNoMotion) {
  const TemporaryFolder folder;
  testing::write_test_video(folder / "moves.mp4", {.frames = 5});
  const auto frames = testing::read_all(folder / "moves.mp4").frames;
  InputSpec motion = form(12, 16);
  motion.channels = 4;
  motion.motion = Motion::difference;
  Preparer preparer(motion);
  IgnoredAreas everything({{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}, {}, motion);
  for (const Frame& frame : frames) {
    const PreparedFramePtr sample = everything.without(preparer.prepare(frame), frame);
    for (std::size_t i = 0; i < sample->size(); ++i) EXPECT_EQ(sample->data()[i], 0);
  }
}

}  // namespace
}  // namespace actionflow
