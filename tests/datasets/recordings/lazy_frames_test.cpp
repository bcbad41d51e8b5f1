#include "datasets/recordings/lazy_frames.h"
#include "datasets/recordings/frame_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include "base/random.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::source_of;
using testing::TemporaryFolder;
using testing::TestVideo;
using testing::write_test_video;

constexpr FrameForm kForm{24, 32};
constexpr std::size_t kFrameBytes = 24 * 32 * 3;
// x264 looks ahead by three B-frames and keeps as many to put them in order.
constexpr std::int64_t kReordered = 8;

std::shared_ptr<const VideoFrames> open(const fs::path& path) {
  const SourceOptions source = source_of(path);
  return open_video_frames(source, kForm, std::make_shared<const VideoIndex>(index_video(source)));
}

bool equal(const VideoFrames& one, std::int64_t k, const VideoFrames& other, std::int64_t l) {
  return std::equal(one.pixels(k), one.pixels(k) + kFrameBytes, other.pixels(l));
}

class LazyFramesTest : public ::testing::Test {
 protected:
  fs::path make(const std::string& name, int frames = 100, int keyframe_interval = 10) {
    TestVideo video;
    video.frames = frames;
    video.keyframe_interval = keyframe_interval;
    write_test_video(folder_ / name, video);
    return folder_ / name;
  }
  TemporaryFolder folder_;
};

TEST_F(LazyFramesTest, AnyFrameInAnyOrderEqualsThatOfTheWholeVideo) {
  for (const char* name : {"a.mp4", "a.mkv", "a.avi", "a.webm", "a.mov", "a.ts", "a.mpg"}) {
    if (!VideoWriter::knows_suffix(name)) continue;
    const fs::path path = make(name);
    const auto whole = read_video_frames(source_of(path), kForm);
    const auto lazy = open(path);
    EXPECT_NEAR(lazy->duration(), whole->duration(), 1e-6) << name;
    Random random(1, "order");
    for (int i = 0; i < 60; ++i) {
      const double time = random.uniform(0, whole->duration());
      const std::int64_t there = whole->frame_at(time);
      const std::int64_t here = lazy->frame_at(time);
      ASSERT_EQ(lazy->times_us()[static_cast<std::size_t>(here)],
                whole->times_us()[static_cast<std::size_t>(there)])
          << name;
      ASSERT_TRUE(equal(*lazy, here, *whole, there)) << name << " at " << time;
    }
  }
}

TEST_F(LazyFramesTest, OneFrameIsDecodedFromItsKeyframeAndNoFurther) {
  const fs::path path = make("a.mp4", 200, 20);
  ASSERT_TRUE(index_video(source_of(path)).exact);
  const auto lazy = open(path);
  lazy->pixels(150);  // ten frames after the keyframe 140
  EXPECT_GE(lazy->decoded(), 11);
  EXPECT_LE(lazy->decoded(), 11 + kReordered);
  // Asked for again it costs nothing; the next one at most one more.
  const std::int64_t before = lazy->decoded();
  lazy->pixels(150);
  EXPECT_EQ(lazy->decoded(), before);
  lazy->pixels(151);
  EXPECT_LE(lazy->decoded(), before + kReordered);
}

TEST_F(LazyFramesTest, AClipFromTheStartDecodesOnlyItself) {
  const auto lazy = open(make("a.mp4", 200, 0));
  for (std::int64_t frame = 0; frame < 16; ++frame) lazy->pixels(frame);
  EXPECT_LE(lazy->decoded(), 16 + kReordered);
}

TEST_F(LazyFramesTest, ASpanHoldsWhatIsSeenInIt) {
  const fs::path path = make("a.mp4", 200, 20);
  const auto whole = read_video_frames(source_of(path), kForm);
  const auto span = read_video_frames(source_of(path), kForm, TimeSpan{6.01, 6.5});
  ASSERT_EQ(span->count(), 13);  // frames 150 to 162
  EXPECT_EQ(span->times_us().front(), 6'000'000);
  EXPECT_EQ(span->times_us().back(), 6'480'000);
  EXPECT_DOUBLE_EQ(span->duration(), whole->duration());
  for (std::int64_t k = 0; k < span->count(); ++k) EXPECT_TRUE(equal(*span, k, *whole, 150 + k));
  EXPECT_LE(span->decoded(), 1 + kReordered + 23 + kReordered);  // the first frame, and 140 to 162
}

// AVI has no time stamps of presentation: nothing says where to seek to, so it is read up to the span's end.
TEST_F(LazyFramesTest, ASpanOfAVideoWithoutTimeStampsIsTheSame) {
  const fs::path path = make("a.avi", 60, 10);
  const auto whole = read_video_frames(source_of(path), kForm);
  const auto span = read_video_frames(source_of(path), kForm, TimeSpan{1.01, 1.5});
  ASSERT_EQ(span->count(), 13);
  for (std::int64_t k = 0; k < span->count(); ++k) EXPECT_TRUE(equal(*span, k, *whole, 25 + k));
  EXPECT_LE(span->decoded(), 39 + kReordered);
}

TEST_F(LazyFramesTest, ADamagedStretchIsStoodForByTheFrameBefore) {
  const fs::path path = make("a.mkv", 100, 10);
  std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::int64_t>(fs::file_size(path));
  stream.seekp(size / 2);
  stream << std::string(200, '\x55');
  stream.close();
  const auto lazy = open(path);
  for (std::int64_t frame = 0; frame < lazy->count(); ++frame) EXPECT_NE(lazy->pixels(frame), nullptr);
}

TEST_F(LazyFramesTest, ManyThreadsMayAskAtOnce) {
  const fs::path path = make("a.mp4");
  const auto whole = read_video_frames(source_of(path), kForm);
  const auto lazy = open(path);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t k = 0; k < 100; k += 7) {
        const std::int64_t frame = (k * (thread + 3)) % 100;
        if (!equal(*lazy, frame, *whole, frame)) ++wrong[static_cast<std::size_t>(thread)];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST_F(LazyFramesTest, WithoutADiskTheCacheDecodesOnlyWhatAClipNeeds) {
  const fs::path path = make("a.mp4", 200, 20);
  FrameCache cache({{}, 0});
  for (int epoch = 0; epoch < 2; ++epoch) {
    const auto frames = cache.get(source_of(path), kForm);
    EXPECT_EQ(frames->decoded(), 0);
    for (std::int64_t frame = 100; frame < 108; ++frame) frames->pixels(frame);
    EXPECT_LE(frames->decoded(), 8 + kReordered);
  }
}

void expect_equal_to_whole(const fs::path& path) {
  std::shared_ptr<const VideoFrames> whole;
  try {
    whole = read_video_frames(source_of(path), kForm);
  } catch (const SourceError&) {
    return;
  }
  const auto lazy = open(path);
  for (int i = 5; i >= 0; --i) {
    const double time = whole->duration() * (i * 5 % 6) / 6;
    EXPECT_TRUE(equal(*lazy, lazy->frame_at(time), *whole, whole->frame_at(time))) << path << " " << time;
  }
  EXPECT_NEAR(lazy->duration(), whole->duration(), 0.05) << path;
}

TEST_F(LazyFramesTest, RealVideosEqualTheirWholeDecoding) {
  REQUIRE_REAL_DATA(data, "clips");
  for (const char* name :
       {"jester_24", "v_Biking_g05_c02.avi", "v_ApplyEyeMakeup_g01_c01.avi", "mmaction2_demo.mp4"})
    expect_equal_to_whole(data / name);
}

TEST_F(LazyFramesTest, DamagedAndUnorderedVideosEqualTheirWholeDecoding) {
  REQUIRE_REAL_DATA(data, "hostile");
  for (const char* name : {"corrupted.mp4", "unordered.mov", "video_90.mov"})
    expect_equal_to_whole(data / "decord" / name);
  for (const char* name : {"no_duration.webm", "smpte-2997.mp4", "fire2.mp4", "bitmap.mp4"})
    expect_equal_to_whole(data / "moviepy" / name);
}

}  // namespace
}  // namespace actionflow
