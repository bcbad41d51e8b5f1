#include "datasets/video/time/time_grid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/error.h"

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

Frame at(std::int64_t pts_us) { return Frame(nullptr, pts_us, {}); }

std::vector<Sample> sampled(double rate, const std::vector<std::int64_t>& time_stamps,
                            Timing timing = Timing::live) {
  TimeGrid grid(rate, timing);
  std::vector<Sample> samples;
  for (const std::int64_t pts : time_stamps) grid.push(at(pts), samples);
  grid.finish(samples);
  return samples;
}

std::vector<std::int64_t> frames_of(const std::vector<Sample>& samples) {
  std::vector<std::int64_t> pts;
  for (const Sample& sample : samples) pts.push_back(sample.frame.pts_us());
  return pts;
}

std::vector<double> times_of(const std::vector<Sample>& samples) {
  std::vector<double> times;
  for (const Sample& sample : samples) times.push_back(sample.time);
  return times;
}

using Stamps = std::vector<std::int64_t>;
using Times = std::vector<double>;

TEST(TimeGrid, TakesEveryFrameWhereTheRatesAreEqual) {
  const Stamps stamps{0, 40'000, 80'000, 120'000};
  const auto samples = sampled(25, stamps);
  EXPECT_EQ(frames_of(samples), stamps);
  EXPECT_EQ(times_of(samples), (Times{0, 0.04, 0.08, 0.12}));
}

TEST(TimeGrid, CountsTimeFromTheFirstFrame) {
  const auto samples = sampled(25, {5'000'000, 5'040'000});
  EXPECT_EQ(times_of(samples), (Times{0, 0.04}));
  EXPECT_EQ(samples[1].index, 1);
  EXPECT_EQ(samples[1].segment, 0);
}

TEST(TimeGrid, RepeatsTheLastFrameWhereTheSourceIsSlower) {
  EXPECT_EQ(frames_of(sampled(10, {0, 250'000, 500'000})), (Stamps{0, 0, 0, 250'000, 250'000, 500'000}));
}

TEST(TimeGrid, PassesFramesOverWhereTheSourceIsFaster) {
  EXPECT_EQ(frames_of(sampled(10, {0, 40'000, 80'000, 120'000, 160'000, 200'000, 240'000})),
            (Stamps{0, 80'000, 200'000}));
}

TEST(TimeGrid, TakesTheLastFrameNotAfterTheSampleOfAVariableRate) {
  EXPECT_EQ(frames_of(sampled(10, {0, 99'999, 100'001, 200'000, 290'000, 310'000, 700'000})),
            (Stamps{0, 99'999, 200'000, 290'000, 310'000, 310'000, 310'000, 700'000}));
}

TEST(TimeGrid, SettlesASampleAtOnceWhenAFrameLiesOnIt) {
  TimeGrid grid(25, Timing::live);
  std::vector<Sample> samples;
  grid.push(at(7), samples);
  EXPECT_EQ(samples.size(), 1u);
  grid.push(at(40'007), samples);
  EXPECT_EQ(samples.size(), 2u);
}

TEST(TimeGrid, RoundsEachSampleOnItsOwnSoThatItNeverDrifts) {
  // 30000/1001 frames a second as a container with a time base of 1/30000 gives them, for an hour.
  const double rate = 30000.0 / 1001.0;
  Stamps stamps;
  for (std::int64_t k = 0; k < 107'892; ++k) stamps.push_back((k * 1'001'000 * 2 + 30) / 60);
  const auto samples = sampled(rate, stamps);
  ASSERT_EQ(samples.size(), stamps.size());
  EXPECT_EQ(frames_of(samples), stamps);
  EXPECT_DOUBLE_EQ(samples.back().time, static_cast<double>(stamps.back()) / 1e6);
}

TEST(TimeGrid, EndsWithTheSamplesUpToTheLastFrame) {
  EXPECT_EQ(frames_of(sampled(50, {0, 40'000, 80'000})), (Stamps{0, 0, 40'000, 40'000, 80'000}));
  EXPECT_EQ(frames_of(sampled(50, {0})), (Stamps{0}));
  EXPECT_TRUE(sampled(50, {}).empty());
}

TEST(TimeGrid, KeepsTheFirstOfTwoFramesWithOneTimeStamp) {
  const auto picture = Frame(nullptr, 0, Orientation::turned(90));
  TimeGrid grid(10, Timing::live);
  std::vector<Sample> samples;
  grid.push(picture, samples);
  grid.push(at(0), samples);
  grid.push(at(200'000), samples);
  ASSERT_EQ(samples.size(), 3u);
  EXPECT_EQ(samples[0].frame.orientation(), Orientation::turned(90));
  EXPECT_EQ(samples[1].frame.orientation(), Orientation::turned(90));
}

TEST(TimeGrid, BeginsAnewInEachSegment) {
  const auto samples = sampled(10, {0, 1'000'000, 2'030'000, 2'170'000, 2'230'000});
  ASSERT_EQ(samples.size(), 14u);
  EXPECT_EQ(samples[10].segment, 0);
  EXPECT_EQ(samples[11].segment, 1);
  EXPECT_EQ(samples[11].index, 0);
  EXPECT_EQ(times_of({samples.begin() + 11, samples.end()}), (Times{2.03, 2.13, 2.23}));
}

TEST(TimeGrid, AFrameHoldsForThreeSamplesAtLeast) {
  EXPECT_EQ(sampled(0.5, {0, 6 * kSecond, 7 * kSecond}).back().segment, 0);
  EXPECT_EQ(sampled(0.5, {0, 6 * kSecond + 1, 7 * kSecond}).back().segment, 1);
}

TEST(TimeGrid, ARecordingsHeldPictureIsRepeated) {
  const auto samples = sampled(2, {0, 3 * kSecond, 5 * kSecond}, Timing::recorded);
  EXPECT_EQ(samples.size(), 11u);
  EXPECT_EQ(samples.back().segment, 0);
}

TEST(TimeGrid, RefusesRatesThatAreNone) {
  for (const double rate : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity(), 1e-9}) {
    EXPECT_THROW((TimeGrid{rate, Timing::live}), UsageError) << rate;
  }
}

// The rule itself, on a whole segment at once: for each k, the last frame not after t_k.
TEST(TimeGrid, FollowsItsRuleOnRandomStreams) {
  std::mt19937 random(7);
  for (const double rate : {1.0, 7.5, 10.0, 29.97, 60.0}) {
    for (int round = 0; round < 20; ++round) {
      Stamps stamps{static_cast<std::int64_t>(random() % 1000)};
      for (int i = 0; i < 200; ++i) stamps.push_back(stamps.back() + 1 + random() % 90'000);
      const auto samples = sampled(rate, stamps);
      for (std::size_t k = 0; k < samples.size(); ++k) {
        const std::int64_t t = stamps[0] + std::llround(static_cast<double>(k) * 1e6 / rate);
        EXPECT_EQ(samples[k].frame.pts_us(), *(std::upper_bound(stamps.begin(), stamps.end(), t) - 1));
      }
      const std::int64_t next = std::llround(static_cast<double>(samples.size()) * 1e6 / rate);
      EXPECT_GT(stamps[0] + next, stamps.back());
    }
  }
}

TEST(TimeGrid, TimeNeverGoesBackAndSegmentsCountUpWhateverTheStamps) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    TimeGrid grid(12.5, Timing::live);
    std::vector<Sample> samples;
    std::int64_t pts = 0;
    for (int i = 0; i < 300; ++i) {
      const bool jump = random() % 20 == 0;
      pts += jump ? static_cast<std::int64_t>(random() % 10'000'000) - 5'000'000 : random() % 60'000;
      grid.push(at(pts), samples);
      if (random() % 50 == 0) grid.finish(samples);
    }
    for (std::size_t i = 1; i < samples.size(); ++i) {
      EXPECT_GT(samples[i].time, samples[i - 1].time);
      const bool same = samples[i].segment == samples[i - 1].segment;
      EXPECT_EQ(samples[i].segment, samples[i - 1].segment + (same ? 0 : 1));
      EXPECT_EQ(samples[i].index, same ? samples[i - 1].index + 1 : 0);
    }
  }
}

// A frame's samples go to whatever vector the call that settled them was given, and nowhere else.
TEST(TimeGrid, GivesTheSameSamplesWhateverTheBatchesOfFrames) {
  std::mt19937 random(3);
  Stamps stamps{0};
  for (int i = 0; i < 500; ++i) stamps.push_back(stamps.back() + random() % 1'200'000 - 30'000);
  const auto whole = sampled(17, stamps);
  for (int round = 0; round < 20; ++round) {
    TimeGrid grid(17, Timing::live);
    std::vector<Sample> all;
    for (std::size_t i = 0; i < stamps.size();) {
      std::vector<Sample> batch;
      for (std::size_t n = 1 + random() % 40; n > 0 && i < stamps.size(); --n)
        grid.push(at(stamps[i++]), batch);
      all.insert(all.end(), batch.begin(), batch.end());
    }
    grid.finish(all);
    EXPECT_EQ(frames_of(all), frames_of(whole));
    EXPECT_EQ(times_of(all), times_of(whole));
  }
}

}  // namespace
}  // namespace actionflow
