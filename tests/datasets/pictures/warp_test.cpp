#include "datasets/pictures/warp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "datasets/clips/augment.h"
#include "datasets/clips/augment_geometry.h"

namespace actionflow {
namespace {

struct Noise {
  int height, width, channels;
  std::vector<std::uint8_t> bytes;

  Noise(int h, int w, int c) : height(h), width(w), channels(c), bytes(static_cast<std::size_t>(h * w * c)) {
    Random random(1, "noise");
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  }
  PictureView view() const { return {bytes.data(), height, width, channels}; }
  int at(int x, int y, int c) const {
    x = std::clamp(x, 0, width - 1);
    y = std::clamp(y, 0, height - 1);
    return bytes[static_cast<std::size_t>((y * width + x) * channels + c)];
  }
};

std::vector<std::uint8_t> warped(const Noise& source, const Affine& map, int height, int width) {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(height * width * source.channels));
  warp(source.view(), map, height, width, out.data());
  return out;
}

TEST(Warp, AWholeMoveCopiesPixelsAndRepeatsTheBorder) {
  for (const int channels : {1, 3}) {
    const Noise source(12, 17, channels);
    const auto out = warped(source, {1, 0, 5, 0, 1, -3}, 12, 17);
    for (int y = 0; y < 12; ++y)
      for (int x = 0; x < 17; ++x)
        for (int c = 0; c < channels; ++c)
          ASSERT_EQ(out[static_cast<std::size_t>((y * 17 + x) * channels + c)], source.at(x + 5, y - 3, c));
  }
}

// Keys 1981 with a = −0.75, in double precision, at positions rounded to 1/32.
double cubic(double d) {
  d = std::abs(d);
  if (d < 1) return 1.25 * d * d * d - 2.25 * d * d + 1;
  return d < 2 ? -0.75 * (d * d * d - 5 * d * d + 8 * d - 4) : 0;
}

double reference(const Noise& source, double x, double y, int c) {
  x = std::floor(x * 32 + 0.5) / 32;
  y = std::floor(y * 32 + 0.5) / 32;
  double sum = 0;
  for (int j = static_cast<int>(std::floor(y)) - 1; j <= std::floor(y) + 2; ++j)
    for (int i = static_cast<int>(std::floor(x)) - 1; i <= std::floor(x) + 2; ++i)
      sum += cubic(y - j) * cubic(x - i) * source.at(i, j, c);
  return std::clamp(sum, 0.0, 255.0);
}

TEST(Warp, FollowsKeysCubicEverywhere) {
  const Noise source(20, 26, 3);
  // Steps of whole 32nds, so that no position is a matter of rounding.
  const Affine map{0.875, 0.25, -2.5 + 1.0 / 32, -0.25, 0.75, 3.0 / 32};
  const auto out = warped(source, map, 24, 31);
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 31; ++x)
      for (int c = 0; c < 3; ++c)
        ASSERT_NEAR(out[static_cast<std::size_t>((y * 31 + x) * 3 + c)],
                    reference(source, map.a * x + map.b * y + map.c, map.d * x + map.e * y + map.f, c), 0.51);
}

TEST(Warp, ShrinkingDoesNotAlias) {
  // Stripes finer than the output can show become even gray.
  Noise stripes(60, 60, 1);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 60; ++x) stripes.bytes[static_cast<std::size_t>(y * 60 + x)] = x % 2 ? 228 : 28;
  const Geometry whole;
  const FrameForm kept{60, 60, ColorOrder::gray, {}};
  const auto out = warped(stripes, whole.map(kept, 30, 30), 30, 30);
  for (int y = 4; y < 26; ++y)
    for (int x = 4; x < 26; ++x) ASSERT_NEAR(out[static_cast<std::size_t>(y * 30 + x)], 128, 32);
}

TEST(Geometry, NothingIsTheIdentityAndAMirrorIsWhole) {
  const FrameForm kept{24, 32, ColorOrder::rgb, {}};
  EXPECT_TRUE(Geometry{}.map(kept, 24, 32).is_identity());
  const Affine mirror = Geometry{.mirrored = true}.map(kept, 24, 32);
  EXPECT_EQ(mirror.a, -1);
  EXPECT_EQ(mirror.c, 31);
  EXPECT_EQ(mirror.e, 1);
  EXPECT_EQ(mirror.f, 0);
}

TEST(Geometry, AQuarterTurnIsClockwise) {
  const FrameForm kept{9, 9, ColorOrder::gray, {}};
  Noise source(9, 9, 1);
  const auto out = warped(source, Geometry{.degrees = 90}.map(kept, 9, 9), 9, 9);
  // What stood at the top left stands at the top right.
  for (int y = 0; y < 9; ++y)
    for (int x = 0; x < 9; ++x) ASSERT_EQ(out[static_cast<std::size_t>(x * 9 + 8 - y)], source.at(x, y, 0));
}

TEST(Geometry, ATranslationIsAShareOfTheKeptSize) {
  const FrameForm kept{20, 40, ColorOrder::gray, {}};
  const Affine map = Geometry{.x = 0.1, .y = -0.2}.map(kept, 20, 40);
  EXPECT_DOUBLE_EQ(map.c, 4);
  EXPECT_DOUBLE_EQ(map.f, -4);
}

TEST(Geometry, CropsAreEvenlyDrawnSharesOfTheAreaAndLieInside) {
  AugmentOptions options;
  options.scale = {0.4, 0.9};
  options.aspect = {0.8, 1.25};
  double sum = 0, least = 1, most = 0;
  constexpr int kDraws = 2000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const Geometry g = draw_geometry(options, 5, 0, i);
    const double area = g.width * g.height;
    sum += area;
    least = std::min(least, area);
    most = std::max(most, area);
    EXPECT_LE(std::abs(g.x) + g.width / 2, 0.5 + 1e-12);
    EXPECT_LE(std::abs(g.y) + g.height / 2, 0.5 + 1e-12);
    EXPECT_GE(g.width / g.height, 0.8 - 1e-12);
    EXPECT_LE(g.width / g.height, 1.25 + 1e-12);
  }
  // Few of the largest are drawn again because they do not fit.
  EXPECT_NEAR(sum / kDraws, 0.65, 0.02);
  EXPECT_NEAR(least, 0.4, 0.01);
  EXPECT_NEAR(most, 0.9, 0.01);
}

TEST(Geometry, TurnsAndMovesStayWithinTheirReachAndReachIt) {
  AugmentOptions options;
  options.rotate = 12;
  options.translate = 0.1;
  double turn = 0, move = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Geometry g = draw_geometry(options, 5, 0, i);
    turn = std::max(turn, std::abs(g.degrees));
    move = std::max({move, std::abs(g.x), std::abs(g.y)});
  }
  EXPECT_LE(turn, 12);
  EXPECT_GT(turn, 11.5);
  EXPECT_LE(move, 0.1);
  EXPECT_GT(move, 0.098);
}

TEST(Geometry, OneOptionDoesNotChangeWhatAnotherDraws) {
  AugmentOptions turning;
  turning.rotate = 12;
  AugmentOptions both = turning;
  both.translate = 0.1;
  both.scale = {0.3, 1};
  EXPECT_EQ(draw_geometry(turning, 5, 2, 9).degrees, draw_geometry(both, 5, 2, 9).degrees);
}

}  // namespace
}  // namespace actionflow
