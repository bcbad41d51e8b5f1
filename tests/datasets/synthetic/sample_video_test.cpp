#include "datasets/synthetic/sample_video.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

double mean_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(int{a[i]} - int{b[i]});
  return sum / static_cast<double>(a.size());
}

TEST(SampleVideo, IsTheSameForTheSameSeed) {
  EXPECT_EQ(draw_sample({.seed = 3}, 1.0), draw_sample({.seed = 3}, 1.0));
  EXPECT_NE(draw_sample({.seed = 3}, 1.0), draw_sample({.seed = 4}, 1.0));
}

TEST(SampleVideo, MovesAndTellsItsGesturesApart) {
  const SampleVideoOptions thumb{.gesture = SampleGesture::thumbs_up};
  const SampleVideoOptions swipe{.gesture = SampleGesture::swipe_left};
  const SampleVideoOptions stop{.gesture = SampleGesture::stop};
  // Two pictures of a still scene differ by noise alone, which stays below 5.
  const double noise = mean_difference(draw_sample(thumb, 0), draw_sample(thumb, 0.001));
  EXPECT_LT(noise, 5);
  EXPECT_GT(mean_difference(draw_sample(thumb, 0), draw_sample(thumb, 1.25)), noise + 0.4);
  EXPECT_GT(mean_difference(draw_sample(swipe, 0.9), draw_sample(swipe, 1.7)), noise + 0.4);
  EXPECT_GT(mean_difference(draw_sample(thumb, 1.25), draw_sample(stop, 1.25)), noise + 0.4);
}

TEST(SampleVideo, IsAVideoOfItsLength) {
  const testing::TemporaryFolder folder;
  write_sample_video(folder / "sample.mp4", {.width = 160, .height = 120, .seconds = 2, .frame_rate = 30});
  const testing::Decoded decoded = testing::read_all(folder / "sample.mp4");
  EXPECT_EQ(decoded.frames.size(), 60u);
  EXPECT_EQ(decoded.info.width, 160);
  EXPECT_NEAR(decoded.info.duration.value_or(0), 2, 0.05);
}

}  // namespace
}  // namespace actionflow
