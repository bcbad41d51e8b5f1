#include <gtest/gtest.h>

#include "datasets/pictures/prepare.h"
#include "tests/datasets/pictures.h"

namespace actionflow {
namespace {

using testing::filled;
using testing::Picture;

InputSpec form(Motion motion, int size = 32) {
  InputSpec spec;
  spec.width = spec.height = size;
  spec.motion = motion;
  spec.channels = motion == Motion::none ? 3 : 4;
  return spec;
}

Frame frame_of(const Picture& picture, Orientation orientation = {}) {
  return Frame(picture, 0, orientation);
}

std::vector<int> channel(const PreparedFrame& frame, int c) {
  std::vector<int> values;
  for (std::size_t i = static_cast<std::size_t>(c); i < frame.size();
       i += static_cast<std::size_t>(frame.channels())) {
    values.push_back(frame.data()[i]);
  }
  return values;
}

int greatest(const std::vector<int>& values) { return *std::max_element(values.begin(), values.end()); }

// A soft texture, moved to the right by `shift`.
Picture texture(int shift, int size = 128) {
  return filled(AV_PIX_FMT_GRAY8, size, size, [&](int, int x, int y) {
    return static_cast<int>(128 + 60 * std::sin((x - shift) * 0.21 + y * 0.05) +
                            50 * std::cos(y * 0.17 + (x - shift) * 0.03));
  });
}

TEST(Motion, IsZeroForTheFirstFrameAndAfterReset) {
  for (const Motion motion : {Motion::difference, Motion::flow}) {
    Preparer preparer(form(motion));
    EXPECT_EQ(greatest(channel(*preparer.prepare(frame_of(texture(0))), 3)), 0);
    EXPECT_GT(greatest(channel(*preparer.prepare(frame_of(texture(9))), 3)), 0);
    preparer.reset();
    EXPECT_EQ(greatest(channel(*preparer.prepare(frame_of(texture(0))), 3)), 0);
  }
}

TEST(Motion, LeavesTheColoursAsTheyAre) {
  const Picture picture = filled(AV_PIX_FMT_YUV420P, 90, 70, testing::scene(1));
  InputSpec plain = form(Motion::none);
  const auto without = testing::prepared(plain, picture, Orientation::turned(90));
  const auto with = testing::prepared(form(Motion::difference), picture, Orientation::turned(90));
  ASSERT_EQ(with->channels(), 4);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(channel(*with, c), channel(*without, c));
}

// The coefficients of ITU-R BT.601, on the output's own bytes.
double luma_at(const PreparedFrame& frame, std::size_t pixel, bool bgr) {
  const std::uint8_t* p = frame.data() + pixel * static_cast<std::size_t>(frame.channels());
  return 0.299 * p[bgr ? 2 : 0] + 0.587 * p[1] + 0.114 * p[bgr ? 0 : 2];
}

TEST(Motion, DifferenceIsThatOfTheOutputsLuma) {
  for (const AVPixelFormat format : {AV_PIX_FMT_YUV420P, AV_PIX_FMT_RGB24}) {
    for (const ColorOrder order : {ColorOrder::rgb, ColorOrder::bgr}) {
      const Picture first = filled(format, 80, 60, testing::noise(1));
      const Picture second = filled(format, 80, 60, testing::noise(2));
      InputSpec spec = form(Motion::difference);
      spec.color = order;
      Preparer preparer(spec);
      const auto before = preparer.prepare(frame_of(first, Orientation::turned(270)));
      const auto now = preparer.prepare(frame_of(second, Orientation::turned(270)));
      const auto moved = channel(*now, 3);
      const bool bgr = order == ColorOrder::bgr;
      for (std::size_t i = 0; i < moved.size(); ++i) {
        const double expected =
            std::abs(std::lround(luma_at(*now, i, bgr)) - std::lround(luma_at(*before, i, bgr)));
        // A luma of about a half may be rounded either way.
        EXPECT_NEAR(moved[i], expected, 1);
      }
    }
  }
}

TEST(Motion, OfAGrayPictureIsTheSameInColourAndInGray) {
  InputSpec gray = form(Motion::difference);
  gray.color = ColorOrder::gray;
  gray.channels = 2;
  Preparer in_gray(gray);
  Preparer in_color(form(Motion::difference));
  for (const int shift : {0, 4, 9}) {
    EXPECT_EQ(channel(*in_gray.prepare(frame_of(texture(shift))), 1),
              channel(*in_color.prepare(frame_of(texture(shift))), 3));
  }
}

TEST(Motion, AGrayFormHasMotionAsItsSecondChannel) {
  InputSpec spec = form(Motion::difference);
  spec.color = ColorOrder::gray;
  spec.channels = 2;
  Preparer preparer(spec);
  preparer.prepare(frame_of(texture(0)));
  const auto frame = preparer.prepare(frame_of(texture(5)));
  EXPECT_EQ(frame->channels(), 2);
  EXPECT_GT(greatest(channel(*frame, 1)), 0);
}

TEST(Motion, FlowIsSixteenForEachPixelMoved) {
  Preparer preparer(form(Motion::flow, 128));
  preparer.prepare(frame_of(texture(0)));
  const auto moved = channel(*preparer.prepare(frame_of(texture(3))), 3);
  std::vector<int> inner;
  for (int y = 32; y < 96; ++y) {
    for (int x = 32; x < 96; ++x) inner.push_back(moved[static_cast<std::size_t>(y * 128 + x)]);
  }
  std::sort(inner.begin(), inner.end());
  EXPECT_NEAR(inner[inner.size() / 2], 3 * 16, 3);
}

TEST(Motion, FlowWorksOnPicturesOfAnySize) {
  for (const int size : {1, 2, 5, 16}) {
    Preparer preparer(form(Motion::flow, size));
    preparer.prepare(frame_of(texture(0)));
    EXPECT_EQ(preparer.prepare(frame_of(texture(4)))->width(), size);
  }
}

}  // namespace
}  // namespace actionflow
