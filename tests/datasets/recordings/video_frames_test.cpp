#include "datasets/recordings/video_frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "datasets/clips/clip_sampler.h"
#include "datasets/pictures/prepare.h"
#include "datasets/video/time/time_grid.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

using testing::source_of;
using testing::TemporaryFolder;
using testing::TestVideo;
using testing::write_test_video;

InputSpec small_input(int frames, double rate) {
  InputSpec input;
  input.frames = frames;
  input.frame_rate = rate;
  input.height = 24;
  input.width = 32;
  return input;
}

// The first window that classify cuts: TimeGrid's first samples, each through a Preparer.
std::vector<PreparedFramePtr> first_window(const std::filesystem::path& path, const InputSpec& input) {
  TimeGrid grid(input.frame_rate, Timing::recorded);
  std::vector<Sample> samples;
  for (const Frame& frame : testing::read_all(path).frames) grid.push(frame, samples);
  grid.finish(samples);
  Preparer preparer(input);
  std::vector<PreparedFramePtr> window;
  for (int k = 0; k < input.frames; ++k) {
    const std::size_t last = std::min(static_cast<std::size_t>(k), samples.size() - 1);
    window.push_back(preparer.prepare(samples[last].frame));
  }
  return window;
}

void expect_first_window(const std::filesystem::path& path, const InputSpec& input) {
  const auto video = read_video_frames(source_of(path), FrameForm::of(input));
  const auto window = first_window(path, input);
  SamplingOptions sampling;
  sampling.clips = 2;  // the first view begins at 0
  const ClipTimes clip = evaluation_clips(sampling, input, video->duration(),
                                          static_cast<double>(video->times_us().back()) / 1e6)
                             .front();
  for (std::size_t k = 0; k < window.size(); ++k) {
    const PreparedFrame& expected = *window[k];
    const bool equal = std::equal(expected.data(), expected.data() + expected.size(),
                                  video->pixels(video->frame_at(clip.times[k])));
    EXPECT_TRUE(equal) << path << " sample " << k;
  }
}

TEST(VideoFrames, HoldEveryFrameWithItsTimeSinceTheFirst) {
  const TemporaryFolder folder;
  TestVideo video;
  video.frames = 10;
  video.pts_us = [](int k) { return 500'000 + 40'000 * k; };
  write_test_video(folder / "a.mp4", video);
  const auto frames = read_video_frames(source_of(folder / "a.mp4"), FrameForm::of(small_input(4, 25)));
  ASSERT_EQ(frames->count(), 10);
  EXPECT_EQ(frames->decoded(), 10);
  EXPECT_EQ(frames->form().channels(), 3);
  for (int k = 0; k < 10; ++k) EXPECT_EQ(frames->times_us()[static_cast<std::size_t>(k)], 40'000 * k);
  EXPECT_DOUBLE_EQ(frames->duration(), 0.4);
}

TEST(VideoFrames, FrameAtIsTheLastOneNotAfterTheMoment) {
  const TemporaryFolder folder;
  TestVideo video;
  video.frames = 5;
  write_test_video(folder / "a.mp4", video);
  const auto frames = read_video_frames(source_of(folder / "a.mp4"), FrameForm::of(small_input(4, 25)));
  EXPECT_EQ(frames->frame_at(-1), 0);
  EXPECT_EQ(frames->frame_at(0), 0);
  EXPECT_EQ(frames->frame_at(0.039999), 0);
  EXPECT_EQ(frames->frame_at(0.0399999), 1);  // rounded to the microsecond
  EXPECT_EQ(frames->frame_at(0.04), 1);
  EXPECT_EQ(frames->frame_at(0.1), 2);
  EXPECT_EQ(frames->frame_at(100), 4);
  EXPECT_EQ(frames->frame_at(1e300), 4);
  EXPECT_EQ(frames->frame_at(std::nan("")), 0);
}

TEST(VideoFrames, ADenseClipFromTheStartIsTheFirstWindowThatClassifyPrepares) {
  const TemporaryFolder folder;
  TestVideo video;
  video.frames = 40;
  write_test_video(folder / "a.mp4", video);
  video.fps = 30000.0 / 1001;
  video.keyframe_interval = 7;
  write_test_video(folder / "b.mkv", video);
  video.orientation = Orientation::turned(90);
  write_test_video(folder / "c.mp4", video);
  for (const char* name : {"a.mp4", "b.mkv", "c.mp4"}) {
    for (const double rate : {25.0, 10.0, 29.97, 50.0})
      expect_first_window(folder / name, small_input(12, rate));
  }
  InputSpec gray = small_input(80, 25);  // longer than the video
  gray.channels = 1;
  gray.color = ColorOrder::gray;
  gray.resize = {ResizeFilter::bilinear, ResizeMode::short_side, 30};
  expect_first_window(folder / "a.mp4", gray);
}

TEST(VideoFrames, RealVideosGiveTheFirstWindowOfClassifyToo) {
  REQUIRE_REAL_DATA(folder, "egogestar/videos");
  for (const char* name : {"carret_1.mp4", "circle_1.mp4"}) {
    if (std::filesystem::exists(folder / name)) expect_first_window(folder / name, small_input(32, 10));
  }
}

TEST(VideoFrames, MarginKeepsThemLargerThanTheInput) {
  InputSpec input = small_input(4, 25);
  input.resize = {ResizeFilter::area, ResizeMode::short_side, 26};
  const FrameForm form = FrameForm::of(input, 1.25);
  EXPECT_EQ(form.height, 30);
  EXPECT_EQ(form.width, 40);
  EXPECT_EQ(form.resize.size, 33);  // 32.5, rounded
}

TEST(VideoFrames, ASourceThatGoesOnForEverIsRefused) {
  const FrameForm form = FrameForm::of(small_input(4, 25));
  for (const char* name : {"rtsp://camera/1", "-", "/dev/video0"}) {
    EXPECT_THROW(read_video_frames(source_of(name), form), SourceError) << name;
  }
}

}  // namespace
}  // namespace actionflow
