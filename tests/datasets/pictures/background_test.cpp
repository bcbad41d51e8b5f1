// What counts as movement in a stream of small pictures, and what does not.
#include "datasets/pictures/background.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

namespace actionflow {
namespace {

constexpr double kThreshold = 6;
constexpr double kArea = 0.002;

InputSpec form(int channels = 3) {
  InputSpec form;
  form.channels = channels;
  form.frame_rate = 10;
  form.height = 48;
  form.width = 64;
  if (channels == 2) {
    form.color = ColorOrder::gray;
    form.motion = Motion::difference;
  }
  return form;
}

// A picture whose luminance at (y, x) is given, with noise.
class Pictures {
 public:
  explicit Pictures(double noise, int channels = 3) : noise_(0, noise), channels_(channels) {}

  PreparedFrame draw(const std::function<double(int y, int x)>& level) {
    PreparedFrame frame(48, 64, channels_);
    for (int i = 0; i < 48 * 64; ++i) {
      const double value = level(i / 64, i % 64);
      for (int c = 0; c < channels_; ++c)
        frame.data()[i * channels_ + c] =
            static_cast<std::uint8_t>(std::clamp(value + noise_(random_), 0.0, 255.0));
    }
    return frame;
  }

 private:
  std::mt19937 random_{1};
  std::normal_distribution<double> noise_;
  int channels_;
};

double ramp(int y, int x) { return 60 + y + x; }

// A bright square of 7×7 whose left edge stands at `left`.
double with_square(int y, int x, int left) {
  return ramp(y, x) + (y >= 20 && y < 27 && x >= left && x < left + 7 ? 40 : 0);
}

TEST(Background, NoiseIsNoMovementHoweverStrong) {
  for (const double noise : {0.0, 1.0, 3.0, 8.0}) {
    Background background(form(), kThreshold);
    Pictures pictures(noise);
    int moved = 0;
    for (int k = 0; k < 600; ++k) moved += background.moving_share(pictures.draw(ramp)) > kArea / 2;
    EXPECT_EQ(moved, 1) << "the first sample alone, at noise of " << noise;
    // The mean of three channels; a part of it is rounding.
    EXPECT_NEAR(background.noise(), noise / std::sqrt(3.0), 0.3);
  }
}

TEST(Background, ASmallThingThatMovesIsMovementAtOnce) {
  for (const double noise : {0.0, 3.0}) {
    Background background(form(), kThreshold);
    Pictures pictures(noise);
    for (int k = 0; k < 100; ++k) background.moving_share(pictures.draw(ramp));
    for (int left = 0; left < 50; ++left) {
      const auto level = [&](int y, int x) { return with_square(y, x, left); };
      EXPECT_GT(background.moving_share(pictures.draw(level)), kArea) << noise << " " << left;
    }
  }
}

TEST(Background, WhatStaysWhereItCameToIsBackgroundAfterSomeSeconds) {
  Background background(form(), kThreshold);
  Pictures pictures(1);
  for (int k = 0; k < 100; ++k) background.moving_share(pictures.draw(ramp));
  int moved = 0;
  for (int k = 0; k < 300; ++k)
    moved +=
        background.moving_share(pictures.draw([](int y, int x) { return with_square(y, x, 20); })) > kArea;
  EXPECT_GT(moved, 20);
  EXPECT_LT(moved, 150);
}

TEST(Background, AChangeOfTheWholePicturesBrightnessIsNoMovement) {
  Background background(form(), kThreshold);
  Pictures pictures(1);
  for (int k = 0; k < 300; ++k) {
    const double exposure = k < 100 ? 0 : k < 200 ? 25 : 25 - (k - 200) / 4.0;
    const double share =
        background.moving_share(pictures.draw([&](int y, int x) { return ramp(y, x) + exposure; }));
    if (k > 0) {
      EXPECT_LT(share, kArea / 2) << k;
    }
  }
}

// Every second a keyframe shifts blocks of pixels by a few levels, as an encoder does at a low rate.
TEST(Background, AnEncodersWavesAreNoMovement) {
  Background background(form(), kThreshold);
  Pictures pictures(0.5);
  std::mt19937 random(3);
  std::vector<double> blocks(48);
  for (int k = 0; k < 300; ++k) {
    if (k % 10 == 0)
      for (double& block : blocks) block = static_cast<double>(random() % 5) - 2;
    const double share = background.moving_share(pictures.draw(
        [&](int y, int x) { return ramp(y, x) + blocks[static_cast<std::size_t>(y / 8 * 8 + x / 8)]; }));
    if (k > 20) {
      EXPECT_LT(share, kArea / 2) << k;
    }
  }
}

TEST(Background, TheMotionChannelIsNotLookedAt) {
  Background background(form(2), kThreshold);
  Pictures pictures(0, 2);
  for (int k = 0; k < 50; ++k) {
    PreparedFrame frame = pictures.draw(ramp);
    for (int i = 0; i < 48 * 64; ++i) frame.data()[2 * i + 1] = static_cast<std::uint8_t>(k % 2 * 200);
    const double share = background.moving_share(frame);
    if (k > 0) {
      EXPECT_EQ(share, 0) << k;
    }
  }
}

}  // namespace
}  // namespace actionflow
