#include "datasets/clips/perturb.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "datasets/clips/augment.h"
#include "datasets/recordings/memory_frames.h"

namespace actionflow {
namespace {

constexpr int kHeight = 30, kWidth = 40, kFrames = 60;
constexpr std::int64_t kInterval = 50'000;

// A bright square on a dark, slightly uneven ground; frame i has the value i in its corner pixel.
std::shared_ptr<const VideoFrames> video() {
  auto frames = std::make_shared<MemoryFrames>(FrameForm{kHeight, kWidth, ColorOrder::rgb, {}});
  for (int i = 0; i < kFrames; ++i) {
    auto frame = std::make_shared<PreparedFrame>(kHeight, kWidth, 3);
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < 3; ++c)
          frame->data()[(y * kWidth + x) * 3 + c] =
              static_cast<std::uint8_t>(x >= 15 && x < 25 && y >= 10 && y < 20 ? 200 : 40 + (x + y) % 5);
    frame->data()[0] = static_cast<std::uint8_t>(i);
    frames->add(i * kInterval, std::move(frame));
  }
  frames->set_duration(kFrames * 0.05);
  return frames;
}

constexpr std::size_t kBytes = static_cast<std::size_t>(kHeight) * kWidth * 3;

int shown_at(const VideoFrames& frames, double seconds) { return frames.pixels(frames.frame_at(seconds))[0]; }

std::vector<std::uint8_t> frame_bytes(const VideoFrames& frames, std::int64_t frame) {
  return {frames.pixels(frame), frames.pixels(frame) + kBytes};
}

// The middle of what is brighter than 120.
std::array<double, 2> middle(const VideoFrames& frames, std::int64_t frame) {
  double sum = 0, sum_x = 0, sum_y = 0;
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      const double weight = std::max(0, frames.pixels(frame)[(y * kWidth + x) * 3 + 1] - 80);
      sum += weight;
      sum_x += weight * x;
      sum_y += weight * y;
    }
  return {sum_x / sum, sum_y / sum};
}

TEST(Perturb, EveryOneIsAVideoThatDependsOnItsArgumentsAlone) {
  for (const Perturbation& one : perturbations()) {
    const auto first = perturb(video(), one.name, 3, 8), again = perturb(video(), one.name, 3, 8);
    ASSERT_GT(first->count(), 0) << one.name;
    EXPECT_EQ(first->form(), video()->form());
    EXPECT_GE(first->duration(), video()->duration());
    EXPECT_TRUE(std::is_sorted(first->times_us().begin(), first->times_us().end()));
    EXPECT_EQ(first->times_us().front(), 0);
    for (std::int64_t i = first->count() - 1; i >= 0; --i)
      ASSERT_EQ(frame_bytes(*first, i), frame_bytes(*again, i)) << one.name;
  }
}

TEST(Perturb, AnotherVideoOrSeedDrawsAnotherShake) {
  const auto path = [](std::uint64_t seed, std::uint64_t index) {
    return middle(*perturb(video(), "shake_12", seed, index), 20);
  };
  EXPECT_NE(path(1, 1), path(1, 2));
  EXPECT_NE(path(1, 1), path(2, 1));
}

TEST(Perturb, ShakeStraysItsShareOfTheWidthAndIsSmooth) {
  for (const auto& [name, share] : {std::pair{"shake_5", 0.05}, std::pair{"shake_12", 0.12}}) {
    const auto shaken = perturb(video(), name, 1, 4);
    double farthest_x = 0, farthest_y = 0, greatest_step = 0;
    std::array<double, 2> last = middle(*shaken, 0);
    for (std::int64_t i = 0; i < kFrames; ++i) {
      const auto at = middle(*shaken, i);
      farthest_x = std::max(farthest_x, std::abs(at[0] - 19.5));
      farthest_y = std::max(farthest_y, std::abs(at[1] - 14.5));
      greatest_step = std::max(greatest_step, std::hypot(at[0] - last[0], at[1] - last[1]));
      last = at;
    }
    EXPECT_NEAR(farthest_x, share * kWidth, 0.1 * share * kWidth + 0.1);
    EXPECT_NEAR(farthest_y, share * kWidth, 0.1 * share * kWidth + 0.1);
    // 2.5 turns a second move by at most 2π·2.5·reach a second along each axis.
    EXPECT_LT(greatest_step, 1.5 * 2 * 3.15 * 2.5 * share * kWidth * 0.05);
  }
}

TEST(Perturb, IdleEndsHoldAFrameForAThirdOfTheClip) {
  const auto tail = perturb(video(), "idle_tail", 1, 0);
  EXPECT_DOUBLE_EQ(tail->duration(), 4);
  EXPECT_EQ(shown_at(*tail, 1.5), 30);
  EXPECT_EQ(shown_at(*tail, 3.9), kFrames - 1);
  EXPECT_DOUBLE_EQ(tail->last_frame(), 2.95 + 1);
  const auto head = perturb(video(), "idle_head", 1, 0);
  EXPECT_DOUBLE_EQ(head->duration(), 4);
  EXPECT_EQ(shown_at(*head, 0.99), 0);
  EXPECT_EQ(shown_at(*head, 2.5), 30);
  // Of clips of 1.5 seconds, half a second.
  EXPECT_DOUBLE_EQ(perturb(video(), "idle_tail", 1, 0, 1.5)->duration(), 3.5);
}

TEST(Perturb, FewFramesShowsEightPicturesInAClip) {
  const auto whole = perturb(video(), "few_frames", 1, 0);
  std::set<int> shown;
  for (std::int64_t i = 0; i < kFrames; ++i) shown.insert(whole->pixels(i)[0]);
  EXPECT_EQ(shown.size(), 8U);
  // The middle of the third eighth of three seconds.
  EXPECT_EQ(shown_at(*whole, 0.8), static_cast<int>(2.5 * 3 / 8 / 0.05));
  const auto dense = perturb(video(), "few_frames", 1, 0, 1);
  shown.clear();
  for (std::int64_t i = 20; i < 40; ++i) shown.insert(dense->pixels(i)[0]);
  EXPECT_EQ(shown.size(), 8U);
}

TEST(Perturb, DarkKeepsAThirdOfTheLight) {
  const auto dark = perturb(video(), "dark", 1, 0);
  const auto was = frame_bytes(*video(), 7), is = frame_bytes(*dark, 7);
  for (std::size_t i = 0; i < kBytes; ++i) ASSERT_NEAR(is[i], 0.35 * was[i], 0.51);
}

TEST(Perturb, NoiseIsEachFramesOwn) {
  const auto noisy = perturb(video(), "noise", 1, 0);
  double squares = 0;
  std::size_t counted = 0;
  for (const std::int64_t frame : {3, 4}) {
    const auto was = frame_bytes(*video(), frame), is = frame_bytes(*noisy, frame);
    for (std::size_t i = 3; i < kBytes; ++i) {
      if (was[i] < 150) continue;  // darker ones are cut off at 0
      squares += (is[i] - was[i]) * (is[i] - was[i]);
      ++counted;
    }
  }
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(counted)), 20, 3);
  EXPECT_NE(frame_bytes(*noisy, 3), frame_bytes(*noisy, 4));
}

TEST(Perturb, TheOccluderCoversAQuarterAndStandsStill) {
  const auto occluded = perturb(video(), "occluder", 5, 3);
  const auto was = frame_bytes(*video(), 9), is = frame_bytes(*occluded, 9),
             later = frame_bytes(*occluded, 40);
  int covered = 0;
  for (std::size_t i = 3; i < kBytes; i += 3) {
    EXPECT_TRUE(std::equal(&is[i], &is[i] + 3, &later[i]));
    covered += !std::equal(&is[i], &is[i] + 3, &was[i]);
  }
  EXPECT_NEAR(covered, kHeight * kWidth / 4, kHeight + kWidth);
}

TEST(Perturb, ReversedPlaysBackwards) {
  const auto backwards = perturb(video(), "reversed", 1, 0);
  for (int i = 0; i < kFrames; ++i) EXPECT_EQ(shown_at(*backwards, i * 0.05), kFrames - 1 - i);
  // What is sampled over the whole video is the same, in the other order.
  InputSpec spec;
  spec.height = kHeight;
  spec.width = kWidth;
  spec.frames = 20;
  SamplingOptions whole;
  whole.mode = SamplingMode::whole;
  const auto forwards = evaluation_clips(*video(), whole, spec)[0];
  const auto other = evaluation_clips(*backwards, whole, spec)[0];
  for (std::size_t t = 0; t < 20; ++t) EXPECT_NEAR(other[t]->data()[0], forwards[19 - t]->data()[0], 1);
}

TEST(Perturb, ShuffledShowsEveryFrameOnceInAnotherOrder) {
  const auto shuffled = perturb(video(), "shuffled", 1, 0);
  std::vector<int> shown;
  for (std::int64_t i = 0; i < kFrames; ++i) shown.push_back(shuffled->pixels(i)[0]);
  EXPECT_FALSE(std::is_sorted(shown.begin(), shown.end()));
  const std::set<int> all(shown.begin(), shown.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kFrames));
  // Within clips of a second, a frame stays in its second.
  const auto dense = perturb(video(), "shuffled", 1, 0, 1);
  for (std::int64_t i = 0; i < kFrames; ++i) EXPECT_EQ(dense->pixels(i)[0] / 20, i / 20);
}

TEST(Perturb, FrozenShowsTheMiddleFrame) {
  const auto frozen = perturb(video(), "frozen", 1, 0);
  for (std::int64_t i = 0; i < kFrames; ++i) EXPECT_EQ(frozen->pixels(i)[0], kFrames / 2);
}

TEST(Perturb, AnUnknownNameIsRefusedWithTheNearest) {
  try {
    perturb(video(), "shake5", 1, 0);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'shake_5'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace actionflow
