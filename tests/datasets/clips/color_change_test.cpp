#include "datasets/clips/color_change.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace actionflow {
namespace {

using Bytes = std::vector<std::uint8_t>;

const Bytes kPixels{200, 30,  40, 10, 220, 90,  60, 70, 250, 128, 128, 128,
                    255, 255, 0,  17, 99,  180, 0,  0,  0,   250, 240, 230};

Bytes changed(const ColorChange& change, Bytes pixels = kPixels) {
  change_colors(change, ColorOrder::rgb, pixels.data(), pixels.size() / 3);
  return pixels;
}

void expect_near(const Bytes& found, const std::vector<int>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1) << i;
}

ColorChange with_pivot(ColorChange change) {
  change.pivot = mean_luma(ColorOrder::rgb, kPixels.data(), kPixels.size() / 3);
  return change;
}

// torchvision 0.29.2, transforms.functional.adjust_* on these eight pixels as floats, times 255, rounded.
TEST(ColorChange, AgreesWithTorchvision) {
  expect_near(changed({.brightness = 1.3}), {255, 39,  52, 13, 255, 117, 78, 91, 255, 166, 166, 166,
                                             255, 255, 0,  22, 129, 234, 0,  0,  0,   255, 255, 255});
  expect_near(changed(with_pivot({.contrast = 0.6})),
              {170, 68,  74, 56, 182, 104, 86, 92, 200, 126, 126, 126,
               203, 203, 50, 60, 109, 158, 50, 50, 50,  200, 194, 188});
  expect_near(changed({.saturation = 1.7}), {255, 0,   11, 0, 255, 53,  41, 58, 255, 128, 128, 128,
                                             255, 255, 0,  0, 110, 247, 0,  0,  0,   255, 239, 222});
  expect_near(changed({.saturation = 0}), {82,  82,  82,  142, 142, 142, 88, 88, 88, 128, 128, 128,
                                           226, 226, 226, 84,  84,  84,  0,  0,  0,  242, 242, 242});
  expect_near(changed({.hue = 0.1}), {200, 122, 30, 10, 220, 216, 164, 60, 250, 128, 128, 128,
                                      102, 255, 0,  33, 17,  180, 0,   0,  0,   248, 250, 230});
  expect_near(changed({.hue = -0.35}), {30,  57, 200, 220, 69,  10, 89, 250, 60, 128, 128, 128,
                                        229, 0,  255, 115, 180, 17, 0,  0,   0,  238, 230, 250});
  expect_near(changed(with_pivot({.brightness = 0.8, .contrast = 1.25, .saturation = 0.5, .hue = 0.2})),
              {104, 116, 31,  61, 106, 159, 144, 49, 130, 103, 103, 103,
               102, 217, 125, 87, 31,  108, 0,   0,  0,   214, 221, 211});
}

TEST(ColorChange, TheOrderOfBytesMakesNoDifference) {
  const ColorChange change{.brightness = 1.1, .contrast = 0.8, .saturation = 1.4, .hue = 0.07};
  const Bytes rgb = changed(change);
  Bytes bgr = kPixels;
  for (std::size_t i = 0; i < bgr.size(); i += 3) std::swap(bgr[i], bgr[i + 2]);
  change_colors(change, ColorOrder::bgr, bgr.data(), bgr.size() / 3);
  for (std::size_t i = 0; i < bgr.size(); i += 3) std::swap(bgr[i], bgr[i + 2]);
  EXPECT_EQ(bgr, rgb);
}

TEST(ColorChange, GrayPicturesTakeBrightnessAndContrastAlone) {
  Bytes gray{0, 50, 100, 250};
  change_colors({.brightness = 1.2, .contrast = 0.5, .pivot = 100, .saturation = 3, .hue = 0.4},
                ColorOrder::gray, gray.data(), gray.size());
  // Brightness: 0, 60, 120, 255 around 120; contrast: half the distance.
  EXPECT_EQ(gray, (Bytes{60, 90, 120, 188}));
}

TEST(ColorChange, NoiseHasTheDeviationAskedFor) {
  for (const double deviation : {2.0, 15.0}) {
    Bytes bytes(200'000, 128);
    Random random(3, "test");
    add_noise(random, deviation, bytes.data(), bytes.size());
    double sum = 0, squares = 0;
    for (const std::uint8_t value : bytes) {
      sum += value - 128;
      squares += (value - 128.0) * (value - 128.0);
    }
    const auto count = static_cast<double>(bytes.size());
    EXPECT_NEAR(sum / count, 0, 0.1);
    // Rounding adds a variance of 1/12.
    EXPECT_NEAR(std::sqrt(squares / count - 1.0 / 12), deviation, 0.02 * deviation);
  }
}

TEST(ColorChange, APatchFillsItsShareOfThePicture) {
  Bytes picture(20 * 10 * 3, 7);
  Patch{0.2, 0.5, 0.5, 0.25, {1, 2, 3}}.fill(picture.data(), 10, 20, 3);
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 20; ++x)
      for (int c = 0; c < 3; ++c) {
        const bool inside = y >= 2 && y < 7 && x >= 10 && x < 15;
        EXPECT_EQ(picture[static_cast<std::size_t>((y * 20 + x) * 3 + c)], inside ? c + 1 : 7);
      }
}

}  // namespace
}  // namespace actionflow
