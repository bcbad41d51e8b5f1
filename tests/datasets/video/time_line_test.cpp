#include "datasets/video/time/time_line.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <random>

#include "datasets/video/ffmpeg.h"

namespace actionflow {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

using Stamps = std::vector<std::int64_t>;

Frame at(std::int64_t pts_us, std::int64_t duration_us = 0) {
  Frame frame(nullptr, pts_us, {});
  frame.set_duration_us(duration_us);
  return frame;
}

std::vector<TimedFrame> settled(Timing timing, const Stamps& stamps) {
  TimeLine line(timing);
  std::vector<TimedFrame> frames;
  for (const std::int64_t pts_us : stamps) line.push(at(pts_us), frames);
  line.finish(frames);
  return frames;
}

// Times in microseconds, each segment's first with a bar before it: "|0 40000 |5000000".
std::string times(const std::vector<TimedFrame>& frames) {
  std::string text;
  for (const TimedFrame& each : frames)
    text += (text.empty() ? "" : " ") + std::string(each.begins ? "|" : "") + std::to_string(each.time_us);
  return text;
}

std::string live(const Stamps& stamps) { return times(settled(Timing::live, stamps)); }
std::string recorded(const Stamps& stamps) { return times(settled(Timing::recorded, stamps)); }

TEST(TimeLine, BeginsAtTheFirstFrame) {
  EXPECT_EQ(live({5'000'000, 5'040'000}), "|0 40000");
  EXPECT_EQ(recorded({5'000'000, 5'040'000}), "|0 40000");
  EXPECT_EQ(recorded({7}), "|0");
  EXPECT_EQ(recorded({}), "");
}

TEST(TimeLine, PassesOverJitterAndRepeatedStamps) {
  for (const Timing timing : {Timing::live, Timing::recorded}) {
    const auto frames = settled(timing, {1'000, 41'000, 41'000, 30'000, 81'000});
    EXPECT_EQ(times(frames), "|0 40000 80000");
    // Back by exactly one second is still jitter.
    EXPECT_EQ(times(settled(timing, {0, kSecond, 0, 2 * kSecond})), "|0 1000000 2000000");
  }
}

TEST(TimeLine, ALiveFrameHoldsForASecond) {
  EXPECT_EQ(live({0, kSecond, 2 * kSecond}), "|0 1000000 2000000");
  EXPECT_EQ(live({0, kSecond + 1, kSecond + 2}), "|0 |1000001 1000002");
}

TEST(TimeLine, ARecordedFrameHoldsForTenSecondsOrAsItsContainerSays) {
  EXPECT_EQ(recorded({0, 10 * kSecond}), "|0 10000000");
  EXPECT_EQ(recorded({0, 10 * kSecond + 1}), "|0 |10000001");
  TimeLine line(Timing::recorded);
  std::vector<TimedFrame> frames;
  line.push(at(0, 60 * kSecond), frames);
  line.push(at(60 * kSecond), frames);
  line.finish(frames);
  EXPECT_EQ(times(frames), "|0 60000000");
}

TEST(TimeLine, ADamagedStampIsDroppedWhereverItStands) {
  for (const std::int64_t wrong : {460'800 * kSecond, 30 * kSecond, -30 * kSecond}) {
    for (std::size_t place = 0; place < 6; ++place) {
      Stamps stamps{0, 40'000, 80'000, 120'000, 160'000, 200'000};
      stamps[place] = wrong;
      std::vector<TimedFrame> frames = settled(Timing::recorded, stamps);
      // A first one that lies before all others, and a last one after them, is contradicted by nothing.
      if (place == 0 && wrong < 0) continue;
      if (place == 5 && wrong == 30 * kSecond) continue;
      const Stamps right = place == 0 ? Stamps{0, 40'000, 80'000, 120'000, 160'000} : [&] {
        Stamps rest{0, 40'000, 80'000, 120'000, 160'000, 200'000};
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(place));
        return rest;
      }();
      EXPECT_EQ(times(frames), recorded(right)) << wrong << " at " << place;
      if (place == 0) continue;
      EXPECT_EQ(times(settled(Timing::live, stamps)), live(right)) << wrong << " at " << place;
    }
  }
}

TEST(TimeLine, TwoDamagedStampsInARowAreDropped) {
  EXPECT_EQ(recorded({0, 40'000, 500 * kSecond, 300 * kSecond, 160'000, 200'000}), "|0 40000 160000 200000");
}

// Twenty-five frames a second, of which some have stamps that are not theirs.
Stamps damaged(std::size_t first, std::size_t count, std::int64_t by_us) {
  Stamps stamps;
  for (std::int64_t k = 0; k < 100; ++k) stamps.push_back(k * 40'000);
  for (std::size_t k = first; k < first + count; ++k) stamps[k] += by_us;
  return stamps;
}

// The same without those frames.
std::string left_of(std::size_t first, std::size_t count) {
  Stamps stamps = damaged(0, 0, 0);
  stamps.erase(stamps.begin() + static_cast<std::ptrdiff_t>(first),
               stamps.begin() + static_cast<std::ptrdiff_t>(first + count));
  return recorded(stamps);
}

TEST(TimeLine, FramesThatGoBackBehindARecordedStampShowItDamagedHoweverNear) {
  for (const std::int64_t by_us : {300'000, 1'000'000, 1'500'000, 3'000'000, 9'900'000, 10'000'000}) {
    for (const std::size_t count : {1, 2, 5}) {
      for (const std::size_t first : {1, 40, 90})
        EXPECT_EQ(recorded(damaged(first, count, by_us)), left_of(first, count))
            << count << " by " << by_us << " from " << first;
    }
  }
  for (const std::int64_t by_us : {-1'500'000, -3'000'000, -20'000'000})
    EXPECT_EQ(recorded(damaged(40, 1, by_us)), left_of(40, 1)) << by_us;
  EXPECT_EQ(recorded(damaged(40, 2, 500 * kSecond)), left_of(40, 2));
  EXPECT_EQ(recorded(damaged(98, 1, 3 * kSecond)), left_of(98, 1));
}

TEST(TimeLine, ARecordedPauseStaysWhereTheFramesGoOnFromIt) {
  // Pauses of 9 s, 2 s and, at the end, 5 s.
  Stamps stamps = damaged(10, 90, 9 * kSecond);
  for (std::size_t k = 50; k < 100; ++k) stamps[k] += 2 * kSecond;
  stamps[99] += 5 * kSecond;
  std::string expected = "|0";
  for (std::size_t k = 1; k < stamps.size(); ++k) expected += " " + std::to_string(stamps[k]);
  EXPECT_EQ(recorded(stamps), expected);
}

TEST(TimeLine, OneDamagedStampAmongHeldPicturesTakesNoOtherWithIt) {
  // A picture stands for one to four seconds.
  EXPECT_EQ(recorded({0, 2 * kSecond, 4 * kSecond, 5 * kSecond, 14 * kSecond, 9 * kSecond, 11 * kSecond,
                      12 * kSecond, 13 * kSecond, 15 * kSecond}),
            "|0 2000000 4000000 5000000 9000000 11000000 12000000 13000000 15000000");
}

TEST(TimeLine, HoldsSixteenPicturesAtMost) {
  const std::shared_ptr<const AVFrame> picture = UniqueFrame(av_frame_alloc());
  TimeLine line(Timing::recorded);
  std::vector<TimedFrame> frames;
  // Each goes back behind the one before.
  for (std::int64_t k = 0; k < 100; ++k) {
    line.push(Frame(picture, (100 - k) * 5 * kSecond, {}), frames);
    frames.clear();
    EXPECT_LE(picture.use_count(), 1 + 1 + 16) << k;  // ours, the last one settled, those that wait
  }
}

TEST(TimeLine, ASlowRecordingWaitsOnlyAtItsBegin) {
  TimeLine line(Timing::recorded);
  std::vector<TimedFrame> frames;
  for (std::int64_t k = 0; k < 20; ++k) {
    line.push(at(k * kSecond), frames);
    EXPECT_EQ(frames.size(), static_cast<std::size_t>(k < 5 ? 0 : k == 5 ? 1 : k + 1));
  }
}

TEST(TimeLine, AJumpThatTheNextFrameConfirmsBeginsASegment) {
  EXPECT_EQ(live({0, 20'000, 5'020'000, 5'040'000}), "|0 20000 |5020000 5040000");
  EXPECT_EQ(recorded({0, 20'000, 15'020'000, 15'040'000}), "|0 20000 |15020000 15040000");
  // Slides: each begins anew, none is damaged.
  EXPECT_EQ(recorded({0, 15 * kSecond, 30 * kSecond, 45 * kSecond}), "|0 |15000000 |30000000 |45000000");
}

TEST(TimeLine, GoesOnAMeanIntervalLaterWhereTheClockJumpsBack) {
  EXPECT_EQ(live({10'000'000, 10'020'000, 0, 20'000}), "|0 20000 |40000 60000");
  EXPECT_EQ(recorded({10'000'000, 10'020'000, 0, 20'000}), "|0 20000 |40000 60000");
}

TEST(TimeLine, NoRecordedPictureStandsForMoreThanAnHour) {
  const Stamps stamps{0, 20'000, 4000 * kSecond, 4000 * kSecond + 20'000};
  EXPECT_EQ(recorded(stamps), "|0 20000 |40000 60000");
  EXPECT_EQ(live(stamps), "|0 20000 |4000000000 4000020000");
}

TEST(TimeLine, ALostConnectionBeginsASegment) {
  TimeLine line(Timing::live);
  std::vector<TimedFrame> frames;
  line.finish(frames);
  line.push(at(0), frames);
  line.push(at(130'000), frames);
  line.finish(frames);
  line.push(at(150'000), frames);  // the clock went on
  line.finish(frames);
  line.push(at(150'000), frames);  // the clock stood still
  EXPECT_EQ(times(frames), "|0 130000 |150000 |280000");
}

TEST(TimeLine, NeverGoesBackWhateverTheStamps) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::mt19937_64 random(11);
  for (const Timing timing : {Timing::live, Timing::recorded}) {
    for (int round = 0; round < 100; ++round) {
      TimeLine line(timing);
      std::vector<TimedFrame> frames;
      std::int64_t pts_us = 0;
      for (int i = 0; i < 300; ++i) {
        switch (random() % 30) {
          case 0:
            pts_us = static_cast<std::int64_t>(random());
            break;
          case 1:
            pts_us = random() % 2 ? Limits::max() : Limits::min();
            break;
          case 2:
            pts_us = static_cast<std::int64_t>(random() % 10'000'000);
            break;
          default:
            __builtin_add_overflow(pts_us, static_cast<std::int64_t>(random() % 60'000), &pts_us);
        }
        line.push(at(pts_us), frames);
        if (random() % 50 == 0) line.finish(frames);
      }
      line.finish(frames);
      ASSERT_FALSE(frames.empty());
      EXPECT_TRUE(frames.front().begins);
      for (std::size_t i = 1; i < frames.size(); ++i)
        ASSERT_GT(frames[i].time_us, frames[i - 1].time_us) << round << " " << i;
    }
  }
}

TEST(VideoDuration, CountsTheLastFrameAsLongAsTheMeanOfTheOthers) {
  EXPECT_DOUBLE_EQ(video_duration(Stamps{0, 40'000, 80'000}, 25), 0.12);
  EXPECT_DOUBLE_EQ(video_duration(Stamps{0}, 10), 0.1);
  EXPECT_DOUBLE_EQ(video_duration(Stamps{0}, 0), 0.04);
  EXPECT_DOUBLE_EQ(video_duration(Stamps{}, 25), 0);
}

}  // namespace
}  // namespace actionflow
