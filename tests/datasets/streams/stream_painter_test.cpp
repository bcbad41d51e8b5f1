// A planned stream's samples are those that a live stream of the same pictures would give.
#include "datasets/streams/stream_painter.h"

#include <gtest/gtest.h>

#include <map>

#include "datasets/recordings/memory_frames.h"
#include "datasets/streams/stream_sequence.h"
#include "tests/datasets/pictures.h"

namespace actionflow {
namespace {

constexpr int kHeight = 12, kWidth = 16;

InputSpec form(Motion motion) {
  InputSpec spec;
  spec.height = kHeight;
  spec.width = kWidth;
  spec.frame_rate = 10;
  spec.color = ColorOrder::gray;
  spec.motion = motion;
  spec.channels = spec.color_channels() + spec.motion_channels();
  return spec;
}

// One shade a video and frame.
Frame shade(int video, int frame) {
  return {testing::filled(AV_PIX_FMT_RGB24, kWidth, kHeight,
                          [=](int, int x, int) { return 40 * video + 3 * frame + x; }),
          0,
          {}};
}

std::shared_ptr<const VideoFrames> video_of(int number, int frames) {
  const InputSpec spec = form(Motion::none);
  auto video = std::make_shared<MemoryFrames>(FrameForm::of(spec));
  Preparer preparer(spec);
  for (int i = 0; i < frames; ++i) video->add(i * 100'000, preparer.prepare(shade(number, i)));
  video->set_duration(frames * 0.1);
  return video;
}

const EntryVideo kVideos = [](int entry) { return video_of(entry, 5); };

StreamPiece piece(std::size_t take, double start) {
  StreamPiece piece;
  piece.take = take;
  piece.start = piece.zero = start;
  return piece;
}

StreamPlan two_clips() {
  StreamPlan plan;
  plan.takes = {{0, {}}, {1, {}}};
  plan.pieces = {piece(0, 0), piece(1, 0.5)};
  plan.seconds = 1;
  return plan;
}

TEST(StreamPainter, JoinedClipsGiveWhatALiveStreamOfTheirPicturesGives) {
  for (const Motion motion : {Motion::none, Motion::difference, Motion::flow}) {
    const InputSpec input = form(motion);
    const StreamPlan plan = two_clips();
    const auto samples = painted_stream(plan, kVideos, input, stream_moments(plan, 10, 10));
    ASSERT_EQ(samples.size(), 10U);
    Preparer live(input);
    for (int k = 0; k < 10; ++k) {
      const PreparedFramePtr expected = live.prepare(shade(k / 5, k % 5));
      ASSERT_TRUE(std::equal(expected->data(), expected->data() + expected->size(),
                             samples[static_cast<std::size_t>(k)]->data()))
          << k;
    }
  }
}

TEST(StreamPainter, ASequenceFromTheMiddleHasTheMotionThatTheWholeStreamHas) {
  const InputSpec input = form(Motion::difference);
  StreamPlan whole = two_clips();
  const auto all = painted_stream(whole, kVideos, input, stream_moments(whole, 10, 10));
  StreamPlan middle = whole;
  for (StreamPiece& at : middle.pieces) at.start -= 0.5, at.zero -= 0.5;
  middle.begins = false;
  const auto rest = painted_stream(middle, kVideos, input, stream_moments(middle, 10, 5));
  for (std::size_t k = 0; k < rest.size(); ++k)
    EXPECT_TRUE(std::equal(rest[k]->data(), rest[k]->data() + rest[k]->size(), all[k + 5]->data())) << k;
  EXPECT_GT(rest[0]->data()[1], 20);  // the cut is a movement
}

TEST(StreamPainter, AVideosLastPictureStaysAndAHeldOneDoesNotMove) {
  const InputSpec input = form(Motion::difference);
  StreamPlan plan;
  plan.takes = {{0, {}}};
  plan.pieces = {piece(0, 0)};
  const auto samples = painted_stream(plan, kVideos, input, stream_moments(plan, 10, 8));
  for (const std::size_t k : {5U, 6U, 7U}) {
    EXPECT_EQ(samples[k]->data()[0], samples[4]->data()[0]);
    EXPECT_EQ(samples[k]->data()[1], 0);
  }
}

TEST(StreamPainter, ACrossFadeGoesFromTheOnePictureToTheOther) {
  const InputSpec input = form(Motion::none);
  StreamPlan plan = two_clips();
  plan.pieces[1].fade = 0.4;
  const auto samples = painted_stream(plan, kVideos, input, stream_moments(plan, 10, 10));
  const auto level = [&](std::size_t k) { return static_cast<int>(samples[k]->data()[0]); };
  EXPECT_EQ(level(5), level(4));
  for (int k = 0; k < 4; ++k)
    EXPECT_NEAR(level(static_cast<std::size_t>(5 + k)), (40 + 3 * k) * k / 4.0 + 12 * (4 - k) / 4.0, 1) << k;
  EXPECT_EQ(level(9), 40 + 3 * 4);
}

TEST(StreamPainter, NamesTheVideoThatCannotBeRead) {
  const StreamPlan plan = two_clips();
  const EntryVideo broken = [](int entry) {
    if (entry == 1) throw SourceError("gone");
    return video_of(entry, 5);
  };
  try {
    painted_stream(plan, broken, form(Motion::none), stream_moments(plan, 10, 10));
    FAIL() << "painted";
  } catch (const UnreadableTake& error) {
    EXPECT_EQ(error.entry, 1);
    EXPECT_STREQ(error.what(), "gone");
  }
}

TEST(StreamPiece, GoesToAndFroFromWhereItStarts) {
  StreamPiece idle = piece(0, 2);
  idle.from = 3;
  idle.speed = -0.5;
  idle.reach = 0.2;
  EXPECT_DOUBLE_EQ(idle.moment(2), 3);
  EXPECT_NEAR(idle.moment(2.2), 2.9, 1e-12);
  EXPECT_NEAR(idle.moment(2.4), 2.8, 1e-12);
  EXPECT_NEAR(idle.moment(2.6), 2.9, 1e-12);
  EXPECT_NEAR(idle.moment(2.8), 3, 1e-12);
  EXPECT_NEAR(idle.moment(3.0), 2.9, 1e-12);
}

}  // namespace
}  // namespace actionflow
