#include "datasets/clips/clip_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace actionflow {
namespace {

InputSpec input_of(int frames, double rate) {
  InputSpec input;
  input.frames = frames;
  input.frame_rate = rate;
  return input;
}

SamplingOptions mode(SamplingMode sampling) {
  SamplingOptions options;
  options.mode = sampling;
  return options;
}

void expect_rising_within(const ClipTimes& clip, int frames, double duration) {
  ASSERT_EQ(clip.times.size(), static_cast<std::size_t>(frames));
  EXPECT_TRUE(std::is_sorted(clip.times.begin(), clip.times.end()));
  EXPECT_GE(clip.times.front(), 0);
  EXPECT_LE(clip.times.back(), duration);
}

TEST(ClipSampler, ADenseClipFromTheStartHasTimeGridsMoments) {
  const InputSpec input = input_of(16, 29.97);
  const ClipTimes clip = evaluation_clips(mode(SamplingMode::dense), input, 16 / 29.97).front();
  for (int k = 0; k < 16; ++k) {
    // TimeGrid: each moment rounded on its own to the microsecond.
    EXPECT_EQ(std::llround(clip.times[static_cast<std::size_t>(k)] * 1e6), std::llround(k * 1e6 / 29.97));
  }
  EXPECT_TRUE(std::isnan(clip.before));
  EXPECT_FALSE(clip.padded);
}

TEST(ClipSampler, ADenseClipOfAShorterVideoRepeatsItsLastSample) {
  const ClipTimes clip = evaluation_clips(mode(SamplingMode::dense), input_of(8, 10), 0.5).front();
  EXPECT_TRUE(clip.padded);
  EXPECT_EQ(clip.times, (std::vector<double>{0, 0.1, 0.2, 0.3, 0.4, 0.4, 0.4, 0.4}));
}

TEST(ClipSampler, DenseViewsReachFromTheFirstStartToTheLastAndOneStandsInTheMiddle) {
  SamplingOptions options;
  const InputSpec input = input_of(10, 10);
  EXPECT_DOUBLE_EQ(evaluation_clips(options, input, 5).front().times.front(), 2.0);
  EXPECT_DOUBLE_EQ(evaluation_clips(options, input, 5).front().before, 1.9);
  options.clips = 3;
  const std::vector<ClipTimes> views = evaluation_clips(options, input, 5);
  ASSERT_EQ(views.size(), 3U);
  EXPECT_DOUBLE_EQ(views[0].times.front(), 0);
  EXPECT_DOUBLE_EQ(views[1].times.front(), 2);
  EXPECT_DOUBLE_EQ(views[2].times.back(), 4.9);
}

TEST(ClipSampler, DenseTrainingClipsStartAnywhereAndStayWithin) {
  const InputSpec input = input_of(10, 10);
  double least = 100;
  double greatest = 0;
  for (int sample = 0; sample < 300; ++sample) {
    Random random(1, "clip", 0, static_cast<std::uint64_t>(sample));
    const ClipTimes clip = training_clip(mode(SamplingMode::dense), input, 5, random);
    expect_rising_within(clip, 10, 4.9 + 1e-9);
    EXPECT_FALSE(clip.padded);
    EXPECT_NEAR(clip.times[9] - clip.times[0], 0.9, 1e-5);
    least = std::min(least, clip.times.front());
    greatest = std::max(greatest, clip.times.front());
  }
  EXPECT_LT(least, 0.1);
  EXPECT_GT(greatest, 3.9);
}

TEST(ClipSampler, SpeedSpreadsADenseClipOverMoreOrLessTime) {
  SamplingOptions options;
  options.slowest = options.fastest = 2;
  Random random(1, "clip");
  const ClipTimes clip = training_clip(options, input_of(10, 10), 5, random);
  EXPECT_NEAR(clip.times[9] - clip.times[0], 1.8, 1e-5);
  options.slowest = 0.5;
  for (std::uint64_t sample = 0; sample < 100; ++sample) {
    Random each(1, "clip", 0, sample);
    const ClipTimes drawn = training_clip(options, input_of(10, 10), 5, each);
    EXPECT_GE(drawn.times[9] - drawn.times[0], 0.45 - 1e-5);
    EXPECT_LE(drawn.times[9] - drawn.times[0], 1.8 + 1e-5);
  }
}

TEST(ClipSampler, JitterMovesSamplesByItsShareOfTheIntervalAndKeepsTheirOrder) {
  SamplingOptions options = mode(SamplingMode::whole);
  options.jitter = 0.5;
  bool moved = false;
  for (std::uint64_t sample = 0; sample < 100; ++sample) {
    Random random(1, "clip", 0, sample);
    const ClipTimes clip = training_clip(options, input_of(10, 25), 10, random);
    expect_rising_within(clip, 10, 10);
    for (int k = 0; k < 10; ++k) {
      const double offset = clip.times[static_cast<std::size_t>(k)] - (k + 0.5);
      EXPECT_LE(std::abs(offset), 0.5 + 1e-6);
      moved = moved || std::abs(offset) > 0.3;
    }
  }
  EXPECT_TRUE(moved);
}

TEST(ClipSampler, WholeSpreadsTheSamplesEvenlyWhateverTheVideosLength) {
  for (const double duration : {0.04, 1.0, 60.0}) {
    const ClipTimes clip = evaluation_clips(mode(SamplingMode::whole), input_of(8, 25), duration).front();
    for (int k = 0; k < 8; ++k) {
      EXPECT_NEAR(clip.times[static_cast<std::size_t>(k)], (k + 0.5) * duration / 8, 1e-6);
    }
    EXPECT_FALSE(clip.padded);
  }
}

TEST(ClipSampler, TrimCutsUpToItsShareOffEachEnd) {
  SamplingOptions options = mode(SamplingMode::whole);
  options.trim = 0.2;
  double first = 0;
  double last = 10;
  for (std::uint64_t sample = 0; sample < 300; ++sample) {
    Random random(1, "clip", 0, sample);
    const ClipTimes clip = training_clip(options, input_of(10, 25), 10, random);
    expect_rising_within(clip, 10, 10);
    first = std::max(first, clip.times.front());
    last = std::min(last, clip.times.back());
  }
  EXPECT_GT(first, 1.9);
  EXPECT_LT(first, 2.5);
  EXPECT_LT(last, 8.1);
  EXPECT_GT(last, 7.5);
}

TEST(ClipSampler, SegmentsDrawOneMomentInEachPart) {
  for (std::uint64_t sample = 0; sample < 100; ++sample) {
    Random random(1, "clip", 0, sample);
    const ClipTimes clip = training_clip(mode(SamplingMode::segments), input_of(8, 25), 16, random);
    for (int k = 0; k < 8; ++k) {
      EXPECT_GE(clip.times[static_cast<std::size_t>(k)], 2 * k);
      EXPECT_LE(clip.times[static_cast<std::size_t>(k)], 2 * k + 2);
    }
  }
  const ClipTimes middle = evaluation_clips(mode(SamplingMode::segments), input_of(4, 25), 8).front();
  EXPECT_EQ(middle.times, (std::vector<double>{1, 3, 5, 7}));
}

TEST(ClipSampler, SegmentsOfSecondsSpanAStretchThatLong) {
  SamplingOptions options = mode(SamplingMode::segments);
  options.seconds = 2;
  EXPECT_EQ(evaluation_clips(options, input_of(4, 25), 10).front().times,
            (std::vector<double>{4.25, 4.75, 5.25, 5.75}));
  EXPECT_EQ(evaluation_clips(options, input_of(4, 25), 1).front().times,
            (std::vector<double>{0.125, 0.375, 0.625, 0.875}));
  Random random(1, "clip");
  const ClipTimes clip = training_clip(options, input_of(4, 25), 10, random);
  EXPECT_LE(clip.times.back() - clip.times.front(), 2);
}

TEST(ClipSampler, TheSameNumbersGiveTheSameClip) {
  SamplingOptions options = mode(SamplingMode::whole);
  options.trim = 0.1;
  options.jitter = 0.3;
  Random one(7, "clip", 3, 5);
  Random two(7, "clip", 3, 5);
  Random other(7, "clip", 3, 6);
  const InputSpec input = input_of(16, 25);
  const ClipTimes clip = training_clip(options, input, 4, one);
  EXPECT_EQ(clip.times, training_clip(options, input, 4, two).times);
  EXPECT_NE(clip.times, training_clip(options, input, 4, other).times);
}

TEST(ClipSampler, AVideoWithoutDurationIsRefused) {
  Random random(1, "clip");
  EXPECT_THROW(training_clip({}, input_of(4, 25), 0, random), SourceError);
  EXPECT_THROW(evaluation_clips({}, input_of(4, 25), std::nan("")), SourceError);
}

TEST(ClipSampler, OptionsThatContradictEachOtherAreRefused) {
  config::Diagnostics diagnostics;
  config::read<SamplingOptions>(config::parse("{slowest: 2, fastest: 1}", "recipe"), diagnostics);
  config::read<SamplingOptions>(config::parse("{mode: whole, seconds: 2}", "recipe"), diagnostics);
  EXPECT_EQ(diagnostics.size(), 2U);
}

TEST(ClipSampler, ASettingThatItsModeHasNoUseForIsRefused) {
  const auto errors = [](const char* recipe) {
    config::Diagnostics diagnostics;
    config::read<SamplingOptions>(config::parse(recipe, "recipe"), diagnostics);
    return diagnostics.size();
  };
  for (const char* wrong :
       {"{mode: dense, seconds: 2}", "{mode: dense, trim: 0.1}", "{mode: whole, seconds: 2}",
        "{mode: whole, slowest: 0.8}", "{mode: whole, fastest: 1.2}", "{mode: segments, jitter: 0.1}",
        "{mode: segments, fastest: 1.2}", "{mode: segments, seconds: 2, trim: 0.1}"})
    EXPECT_EQ(errors(wrong), 1U) << wrong;
  for (const char* right :
       {"{mode: dense, slowest: 0.75, fastest: 1.33, jitter: 0.5}", "{mode: whole, trim: 0.1, jitter: 0.5}",
        "{mode: segments, trim: 0.1}", "{mode: segments, seconds: 2, slowest: 0.8, fastest: 1.2}"})
    EXPECT_EQ(errors(right), 0U) << right;
}

}  // namespace
}  // namespace actionflow
