#include "datasets/clips/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "datasets/clips/augment_geometry.h"
#include "datasets/recordings/memory_frames.h"
#include "tests/datasets/pictures.h"

namespace actionflow {
namespace {

constexpr int kHeight = 24, kWidth = 32, kFrames = 8;
const std::vector<std::string> kClasses{"left", "right", "up", "down"};

InputSpec form(Motion motion = Motion::none, ColorOrder color = ColorOrder::rgb) {
  InputSpec spec;
  spec.height = kHeight;
  spec.width = kWidth;
  spec.frames = kFrames;
  spec.frame_rate = 10;
  spec.color = color;
  spec.motion = motion;
  spec.channels = spec.color_channels() + spec.motion_channels();
  return spec;
}

SamplingOptions whole() {
  SamplingOptions sampling;
  sampling.mode = SamplingMode::whole;
  return sampling;
}

// A disc that moves to the right over slopes of colour, and what classify prepares of it.
testing::Picture scene_at(int frame) {
  return testing::filled(AV_PIX_FMT_RGB24, 96, 72, [frame](int c, int x, int y) {
    const bool disc = std::hypot(x - 12 - 6 * frame, y - 30) < 12;
    return disc ? 220 - 40 * c : 60 + x + (y + 20 * c) % 60;
  });
}

std::vector<PreparedFramePtr> live(const InputSpec& spec, int frames = kFrames) {
  Preparer preparer(spec);
  std::vector<PreparedFramePtr> samples;
  for (int i = 0; i < frames; ++i) samples.push_back(preparer.prepare(Frame(scene_at(i), 0, {})));
  return samples;
}

MemoryFrames kept_video(const InputSpec& spec, double margin = 1, int frames = kFrames) {
  MemoryFrames video(FrameForm::of(spec, margin));
  Preparer preparer(video.form().input());
  for (int i = 0; i < frames; ++i) video.add(i * 100'000, preparer.prepare(Frame(scene_at(i), 0, {})));
  video.set_duration(frames * 0.1);
  return video;
}

std::vector<std::uint8_t> bytes_of(const PreparedFrame& frame) {
  return {frame.data(), frame.data() + frame.size()};
}

std::vector<std::vector<std::uint8_t>> bytes_of(const std::vector<PreparedFramePtr>& frames) {
  std::vector<std::vector<std::uint8_t>> all;
  for (const PreparedFramePtr& frame : frames) all.push_back(bytes_of(*frame));
  return all;
}

struct Clips {
  AugmentOptions options;
  InputSpec input = form();
  SamplingOptions sampling = whole();

  TrainingClip draw(std::uint64_t sample = 0, const std::vector<int>& labels = {0}, double margin = 1) const {
    return Augmenter(options, sampling, input, kClasses)
        .training_clip(kept_video(input, margin), labels, 7, 1, sample);
  }
};

int pixel(const PreparedFrame& frame, int x, int y, int c) {
  return frame.data()[(y * frame.width() + x) * frame.channels() + c];
}

TEST(Augment, WithNothingAskedGivesWhatClassifyPrepares) {
  for (const Motion motion : {Motion::none, Motion::difference, Motion::flow}) {
    for (const ColorOrder color : {ColorOrder::rgb, ColorOrder::bgr, ColorOrder::gray}) {
      const Clips clips{{}, form(motion, color), whole()};
      EXPECT_EQ(bytes_of(clips.draw().frames), bytes_of(live(clips.input)));
    }
  }
}

TEST(Augment, EvaluationGivesWhatClassifyPrepares) {
  for (const Motion motion : {Motion::none, Motion::difference, Motion::flow}) {
    const InputSpec spec = form(motion);
    const auto views = evaluation_clips(kept_video(spec), whole(), spec);
    ASSERT_EQ(views.size(), 1U);
    EXPECT_EQ(bytes_of(views[0]), bytes_of(live(spec)));
  }
}

TEST(Augment, MotionIsAgainstTheSampleBeforeTheWindow) {
  const InputSpec spec = form(Motion::difference);
  SamplingOptions dense;
  // One view of 8 samples in 20 frames starts at 0.6 s.
  const auto views = evaluation_clips(kept_video(spec, 1, 20), dense, spec);
  const auto all = bytes_of(live(spec, 20));
  EXPECT_EQ(bytes_of(views[0]), std::vector(all.begin() + 6, all.begin() + 14));
}

TEST(Augment, TheSameArgumentsGiveTheSameBytes) {
  Clips clips;
  clips.input = form(Motion::difference);
  AugmentOptions& o = clips.options;
  o.scale = {0.5, 1};
  o.aspect = {0.8, 1.25};
  o.rotate = 10;
  o.translate = o.shake = 0.1;
  o.brightness = o.contrast = o.saturation = 0.4;
  o.hue = 0.1;
  o.noise = 10;
  o.blur = o.erase = o.flip = 0.5;
  o.idle = 0.3;
  for (std::uint64_t sample = 0; sample < 5; ++sample) {
    EXPECT_EQ(bytes_of(clips.draw(sample).frames), bytes_of(clips.draw(sample).frames));
    EXPECT_NE(bytes_of(clips.draw(sample).frames), bytes_of(clips.draw(sample + 1).frames));
  }
}

TEST(Augment, AFlipMirrorsEveryPixelAndSwapsTheLabels) {
  Clips clips;
  clips.options.flip = 1;
  clips.options.flip_labels = {{"left", "right"}};
  const auto straight = live(clips.input);
  const TrainingClip mirrored = clips.draw(0, {0});
  EXPECT_EQ(mirrored.labels, std::vector<int>{1});
  EXPECT_EQ(clips.draw(0, {1}).labels, std::vector<int>{0});
  EXPECT_EQ(clips.draw(0, {2}).labels, std::vector<int>{2});
  for (std::size_t t = 0; t < straight.size(); ++t)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        for (int c = 0; c < 3; ++c)
          ASSERT_EQ(pixel(*mirrored.frames[t], x, y, c), pixel(*straight[t], kWidth - 1 - x, y, c));
}

TEST(Augment, AnExcludedLabelIsNeverMirrored) {
  Clips clips;
  clips.options.flip = 1;
  clips.options.flip_excluded = {"up"};
  EXPECT_EQ(bytes_of(clips.draw(0, {2}).frames), bytes_of(live(clips.input)));
  EXPECT_EQ(bytes_of(clips.draw(0, {0, 2}).frames), bytes_of(live(clips.input)));
  EXPECT_NE(bytes_of(clips.draw(0, {3}).frames), bytes_of(live(clips.input)));
}

TEST(Augment, OnlyNamedLabelsAreReversedAndBecomeTheirPartner) {
  Clips clips;
  clips.input = form(Motion::difference);
  clips.options.reverse = 1;
  clips.options.reverse_labels = {{"up", "down"}, {"left", "left"}};
  const TrainingClip reversed = clips.draw(0, {2});
  EXPECT_EQ(reversed.labels, std::vector<int>{3});
  EXPECT_EQ(clips.draw(0, {0}).labels, std::vector<int>{0});

  auto expected = bytes_of(live(form()));
  std::reverse(expected.begin(), expected.end());
  for (std::size_t t = 0; t < expected.size(); ++t)
    for (int i = 0; i < kHeight * kWidth; ++i)
      for (int c = 0; c < 3; ++c)
        ASSERT_EQ(reversed.frames[t]->data()[i * 4 + c], expected[t][static_cast<std::size_t>(i * 3 + c)]);

  EXPECT_EQ(bytes_of(clips.draw(0, {1}).frames), bytes_of(live(clips.input)));
  EXPECT_EQ(bytes_of(clips.draw(0, {}).frames), bytes_of(live(clips.input)));
}

TEST(Augment, AChangedClipMayBecomeOneOfNoClass) {
  Clips clips;
  clips.options.flip = 1;
  clips.options.flip_labels = {{"left", "right"}, {"up", ""}};
  clips.options.reverse = 1;
  clips.options.reverse_labels = {{"up", "down"}, {"left", ""}};
  EXPECT_EQ(clips.draw(0, {0}).labels, std::vector<int>{1});  // left: mirrored to right, never reversed
  EXPECT_TRUE(clips.draw(0, {1}).labels.empty());             // right: mirrored to left, reversed to none
  // Up, mirrored, is of no class, and what it would be backwards nobody knows: it runs forwards.
  clips.input = form(Motion::difference);
  const TrainingClip mirrored = clips.draw(0, {2});
  clips.options.reverse = 0;
  EXPECT_TRUE(mirrored.labels.empty());
  EXPECT_EQ(bytes_of(mirrored.frames), bytes_of(clips.draw(0, {2}).frames));
}

TEST(Augment, LabelsThatAreNoClassesOrStandInTwoPairsAreRefused) {
  AugmentOptions unknown;
  unknown.flip_labels = {{"lift", "right"}};
  EXPECT_THROW(Augmenter(unknown, whole(), form(), kClasses), UsageError);
  AugmentOptions twice;
  twice.reverse_labels = {{"left", "right"}, {"up", "left"}};
  EXPECT_THROW(Augmenter(twice, whole(), form(), kClasses), UsageError);
}

TEST(Augment, ProbabilitiesAreKept) {
  Clips clips;
  clips.options.flip = 0.3;
  clips.options.flip_labels = {{"left", "right"}};
  const Augmenter augmenter(clips.options, clips.sampling, clips.input, kClasses);
  const MemoryFrames video = kept_video(clips.input);
  int flips = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) flips += augmenter.training_clip(video, {0}, 7, 1, i).labels[0];
  // Four standard deviations of a binomial.
  EXPECT_NEAR(flips, 600, 4 * std::sqrt(2000 * 0.3 * 0.7));
}

TEST(Augment, EveryFrameOfAClipIsWarpedAlike) {
  Clips clips;
  clips.options.scale = {0.4, 0.6};
  clips.options.translate = 0.1;
  clips.options.rotate = 15;
  const MemoryFrames video = kept_video(clips.input);
  // A video that stands still shows whether anything changes from frame to frame.
  MemoryFrames still(video.form());
  Preparer preparer(video.form().input());
  for (int i = 0; i < kFrames; ++i) still.add(i * 100'000, preparer.prepare(Frame(scene_at(3), 0, {})));
  still.set_duration(0.8);
  const auto clip =
      Augmenter(clips.options, whole(), clips.input, kClasses).training_clip(still, {0}, 1, 1, 1);
  for (const PreparedFramePtr& frame : clip.frames) EXPECT_EQ(bytes_of(*frame), bytes_of(*clip.frames[0]));
  EXPECT_NE(bytes_of(*clip.frames[0]), bytes_of(*live(clips.input)[3]));
}

TEST(Augment, MotionIsThatOfTheChangedPictures) {
  Clips clips;
  clips.input = form(Motion::difference);
  clips.options.scale = {0.5, 0.9};
  clips.options.shake = 0.2;
  clips.options.brightness = clips.options.contrast = clips.options.saturation = 0.5;
  clips.options.noise = 20;
  const auto frames = clips.draw(3).frames;
  for (std::size_t t = 1; t < frames.size(); ++t) {
    for (int i = 0; i < kHeight * kWidth; ++i) {
      const auto luma = [i](const PreparedFrame& frame) {
        const std::uint8_t* p = frame.data() + i * 4;
        return std::lround(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]);
      };
      ASSERT_NEAR(frames[t]->data()[i * 4 + 3], std::abs(luma(*frames[t]) - luma(*frames[t - 1])), 1);
    }
  }
}

TEST(Augment, AFrameShownTwiceIsTheSamePictureWithoutMotion) {
  Clips clips;
  clips.input = form(Motion::difference);
  clips.input.frames = 2 * kFrames;
  clips.options.noise = 20;
  clips.options.shake = 0.1;
  const auto frames = clips.draw().frames;
  for (std::size_t t = 1; t < frames.size(); t += 2)
    for (int i = 0; i < kHeight * kWidth; ++i) ASSERT_EQ(frames[t]->data()[i * 4 + 3], 0);
}

TEST(Augment, ErasingFillsOneRectangleThroughoutTheClipAndItsMotion) {
  Clips clips;
  clips.input = form(Motion::difference);
  clips.options.erase = 1;
  const auto straight = live(clips.input);
  const auto frames = clips.draw(2).frames;
  int erased = 0;
  for (int i = 0; i < kHeight * kWidth; ++i) {
    bool differs = false;
    for (std::size_t t = 0; t < frames.size(); ++t)
      differs |=
          !std::equal(frames[t]->data() + 4 * i, frames[t]->data() + 4 * i + 4, straight[t]->data() + 4 * i);
    if (!differs) continue;
    ++erased;
    for (const PreparedFramePtr& frame : frames) {
      EXPECT_TRUE(std::equal(frame->data() + 4 * i, frame->data() + 4 * i + 3, frames[0]->data() + 4 * i));
      EXPECT_EQ(frame->data()[4 * i + 3], 0);
    }
  }
  EXPECT_GT(erased, 0.01 * kHeight * kWidth);
  EXPECT_LT(erased, 0.4 * kHeight * kWidth);
}

TEST(Augment, AWiderMarginShowsTheSamePictureFiner) {
  Clips clips;
  clips.options.margin = 1.25;
  const auto augmenter = Augmenter(clips.options, whole(), clips.input, kClasses);
  EXPECT_EQ(augmenter.kept_form().width, 40);
  EXPECT_EQ(augmenter.kept_form().height, 30);
  const auto straight = live(clips.input);
  const auto frames = clips.draw(0, {0}, 1.25).frames;
  double sum = 0;
  for (std::size_t i = 0; i < frames[3]->size(); ++i)
    sum += std::abs(frames[3]->data()[i] - straight[3]->data()[i]);
  EXPECT_LT(sum / static_cast<double>(frames[3]->size()), 3);
}

TEST(Augment, ThreeCropsAreWindowsOfTheKeptFrame) {
  const InputSpec spec = form();
  const MemoryFrames video = kept_video(spec, 1.25);
  const auto views = evaluation_clips(video, whole(), spec, 3);
  ASSERT_EQ(views.size(), 3U);
  // 40×30 kept, 32×24 shown: windows at 0, 4 and 8, three rows down.
  for (std::size_t view = 0; view < 3; ++view)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        ASSERT_EQ(pixel(*views[view][2], x, y, 1),
                  video.pixels(2)[((y + 3) * 40 + x + 4 * static_cast<int>(view)) * 3 + 1]);
  EXPECT_THROW(evaluation_clips(kept_video(spec), whole(), spec, 3), UsageError);
}

TEST(Augment, EverythingAtOnceWorksOnAnySizeAndLength) {
  AugmentOptions all;
  all.scale = {0.05, 4};
  all.aspect = {0.25, 4};
  all.rotate = 180;
  all.translate = all.shake = all.hue = 0.5;
  all.brightness = all.contrast = all.saturation = 1;
  all.flip = all.gray = all.blur = all.erase = 0.5;
  all.noise = 64;
  all.idle = 0.45;
  all.hold = 10;
  all.reverse = 1;
  all.reverse_labels = {{"up", "down"}};
  for (const auto& [height, width, frames] :
       {std::array{1, 1, 1}, std::array{2, 3, 2}, std::array{7, 1, 40}}) {
    for (const ColorOrder color : {ColorOrder::rgb, ColorOrder::gray}) {
      for (const SamplingMode mode : {SamplingMode::dense, SamplingMode::whole, SamplingMode::segments}) {
        Clips clips{all, form(Motion::difference, color), {}};
        clips.input.height = height;
        clips.input.width = width;
        clips.input.frames = frames;
        clips.sampling.mode = mode;
        for (std::uint64_t sample = 0; sample < 20; ++sample)
          EXPECT_EQ(clips.draw(sample, {2}, 1.5).frames.size(), static_cast<std::size_t>(frames));
      }
    }
  }
}

TEST(AugmentIdle, HeldEndsRepeatTheFirstAndLastFrame) {
  Clips clips;
  clips.input = form(Motion::difference);
  clips.input.frames = 32;
  clips.options.idle = 0.3;
  std::array<int, 2> held{};
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto frames = bytes_of(clips.draw(i).frames);
    // Eight frames in 32 samples: each is shown four times unless an end is held.
    const auto same = [&](std::size_t a, std::size_t b) {
      return std::equal(frames[a].begin() + 1, frames[a].end(), frames[b].begin() + 1);
    };
    std::size_t head = 1, tail = 1;
    while (head < 32 && same(1, head)) ++head;
    while (tail < 32 && same(31 - tail, 30)) ++tail;
    held[0] += head > 5;
    held[1] += tail > 6;
    EXPECT_LE(head, 15U);
    EXPECT_LE(tail, 15U);
  }
  EXPECT_GT(held[0], 5);
  EXPECT_LT(held[0], 35);
  EXPECT_GT(held[1], 5);
  EXPECT_LT(held[1], 35);
}

TEST(AugmentOptions, ReadFromAFileWithTheirRanges) {
  config::Diagnostics diagnostics;
  const auto value = config::parse(
      "{scale: [0.5, 1], flip: 0.5, flip_labels: {left: right}, reverse_labels: {up: down}, reverse: 0.2}",
      "a.yaml");
  const auto options = config::read<AugmentOptions>(value, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.render();
  EXPECT_EQ(options.scale[0], 0.5);
  EXPECT_EQ(options.flip_labels.at("left"), "right");
  for (const char* wrong :
       {"{flip: 2}", "{scale: [1, 0.5]}", "{reverse: 0.5}", "{noise: -1}", "{shaky: 1}"}) {
    config::Diagnostics found;
    config::read<AugmentOptions>(config::parse(wrong, "a.yaml"), found);
    EXPECT_EQ(found.size(), 1U) << wrong;
  }
}

}  // namespace
}  // namespace actionflow
