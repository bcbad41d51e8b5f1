#include "nodes/flow/still_scene.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace actionflow {
namespace {

constexpr int kFrames = 5;

InputSpec form() {
  InputSpec form;
  form.color = ColorOrder::gray;
  form.channels = 1;
  form.frame_rate = 10;
  form.height = form.width = 32;
  return form;
}

PreparedFrame picture(int left) {
  PreparedFrame frame(32, 32, 1);
  for (int i = 0; i < 32 * 32; ++i) {
    const bool inside = i / 32 >= 10 && i / 32 < 16 && i % 32 >= left && i % 32 < left + 6;
    frame.data()[i] = inside ? 200 : 60;
  }
  return frame;
}

// For each sample of a scene, ten a second, whether the window that ends with it is passed over.
std::vector<bool> passed_over(const StillOptions& options, int samples,
                              const std::function<int(int sample)>& left) {
  StillScene scene(options, form(), kFrames);
  std::vector<bool> passed;
  for (int k = 0; k < samples; ++k) {
    const PreparedFrame frame = picture(left(k));
    scene.take(0, k * 0.1, &frame);
    passed.push_back(scene.passes_over_window());
  }
  return passed;
}

// Moves for 3 s, stands for 27 s, moves for 3 s, stands for 7 s.
int comes_and_goes(int sample) {
  if (sample < 30) return sample % 20;
  if (sample < 300) return 9;
  return sample < 330 ? 9 + sample % 15 : 0;
}

TEST(StillScene, IsPassedOverOnceNothingHasMovedForAWhileAndNoSampleOfAWindowDid) {
  const std::vector<bool> passed = passed_over({.after = 2, .look = 1000}, 400, comes_and_goes);
  for (int k = 0; k < 50 + kFrames; ++k) EXPECT_FALSE(passed[static_cast<std::size_t>(k)]) << k;
  const auto first = std::find(passed.begin(), passed.end(), true) - passed.begin();
  EXPECT_LT(first, 200) << "what stood still became background";
  for (int k = static_cast<int>(first); k < 301; ++k) EXPECT_TRUE(passed[static_cast<std::size_t>(k)]) << k;
  for (int k = 302; k < 350 + kFrames; ++k) EXPECT_FALSE(passed[static_cast<std::size_t>(k)]) << k;
}

TEST(StillScene, IsLookedAtNowAndThen) {
  const std::vector<bool> passed = passed_over({.after = 0, .look = 3}, 200, [](int) { return 5; });
  std::vector<int> looks;
  for (int k = 20; k < 200; ++k)
    if (!passed[static_cast<std::size_t>(k)]) looks.push_back(k);
  ASSERT_EQ(looks.size(), 6U);
  for (std::size_t i = 1; i < looks.size(); ++i) EXPECT_EQ(looks[i] - looks[i - 1], 30);
}

TEST(StillScene, MovesInTheBeginningOfASegmentAndWhereASampleIsMissing) {
  StillScene scene({.after = 1, .look = 1000}, form(), kFrames);
  const PreparedFrame frame = picture(3);
  auto passes = [&, sample_number = 0](std::int64_t segment, const PreparedFrame* sample) mutable {
    scene.take(segment, sample_number++ * 0.1, sample);
    return scene.passes_over_window();
  };
  for (int k = 0; k < 40; ++k) EXPECT_EQ(passes(0, &frame), k >= 10 + kFrames) << k;
  EXPECT_FALSE(passes(0, nullptr));
  for (int k = 0; k < 12; ++k) EXPECT_FALSE(passes(0, &frame)) << k;
  for (int k = 0; k < 30; ++k) passes(0, &frame);
  for (int k = 0; k < 12; ++k) EXPECT_FALSE(passes(1, &frame)) << k;
}

}  // namespace
}  // namespace actionflow
