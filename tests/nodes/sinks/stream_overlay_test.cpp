// Which pictures wait, and for how long: counted, on real pictures.
#include "nodes/sinks/stream_overlay.h"

#include <gtest/gtest.h>

#include <fstream>

#include "datasets/video/decoding/decoder.h"
#include "datasets/video/frame_bytes.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"
#include "tests/datasets/make_video.h"
#include "tests/tools/killed_process.h"
#include "tests/tools/log_lines.h"

namespace actionflow::testing {
namespace {

constexpr double kRate = 25;
constexpr double kWindow = 1;  // seconds

class Overlay : public ::testing::Test {
 protected:
  Overlay() {
    TestVideo video;
    video.frames = 1;
    video.fps = kRate;
    write_test_video(folder_ / "in.mp4", video);
    const StopFlag never{false};
    SourceOptions options;
    options.source = folder_ / "in.mp4";
    const auto reader = Reader::open(options, never);
    const auto decoder = Decoder::create(reader->codec_parameters(), 1);
    while (auto packet = reader->read()) decoder->decode(*packet, decoded_);
    decoder->flush(decoded_);
  }

  Frames picture(double time) const {
    const Frame& one = decoded_.front();
    return {Frame(std::shared_ptr<const AVFrame>(std::shared_ptr<void>(), one.picture()),
                  static_cast<std::int64_t>(time * 1e6), {})};
  }

  ScoresItem answer(std::int64_t number, double start) const {
    WindowInfo info;
    info.start = start;
    info.end = start + kWindow;
    return {{0, 0, number}, Mark::none, std::make_shared<Ticket>(info), Dropped{}};
  }

  std::vector<Frame> written() const { return written(folder_ / "out.mkv"); }
  static std::vector<Frame> written(const std::filesystem::path& file) {
    const StopFlag never{false};
    SourceOptions options;
    options.source = file;
    const auto reader = Reader::open(options, never);
    const auto decoder = Decoder::create(reader->codec_parameters(), 1);
    std::vector<Frame> pictures;
    while (auto packet = reader->read()) decoder->decode(*packet, pictures);
    decoder->flush(pictures);
    return pictures;
  }

  // The corner where results are drawn: in the first label's colour, a blue, or not.
  static bool top_left(const Frame& frame) {
    InputSpec form;
    form.width = frame.display_width();
    form.height = frame.display_height();
    Preparer preparer(form);
    const PreparedFramePtr rgb = preparer.prepare(frame);
    const std::uint8_t* pixel = rgb->data() + 3 * (5 * form.width + 2);
    return pixel[2] > pixel[0] + 60;
  }

  void heard(std::int64_t number, std::vector<EventResult> events) {
    const ScoresItem item = answer(number, static_cast<double>(number) / kRate);
    overlay_.take(EventsItem{item.key, item.mark, item.ticket,
                             std::make_shared<const std::vector<EventResult>>(std::move(events))});
  }
  static std::vector<EventResult> told(EventChange::Kind kind, double time) {
    return {{"s", "n", "n-0-0", "wave", {kind, 0, 0, 1, 0, time, time}}};
  }
  // On which of the pictures written something is.
  std::vector<int> drawn(int count) const {
    const std::vector<Frame> pictures = written();
    EXPECT_EQ(pictures.size(), static_cast<std::size_t>(count));
    std::vector<int> numbers;
    for (std::size_t k = 0; k < pictures.size(); ++k) {
      if (top_left(pictures[k]) != top_left(pictures[0])) numbers.push_back(static_cast<int>(k));
    }
    return numbers;
  }

  TemporaryFolder folder_;
  std::vector<Frame> decoded_;
  const std::shared_ptr<WindowProgress> progress_ = std::make_shared<WindowProgress>();
  StreamOverlay overlay_{folder_ / "out.mkv", progress_, kWindow};
};

TEST_F(Overlay, HoldsNoPicturesOfSegmentsShorterThanAWindow) {
  std::size_t most = 0;
  for (int segment = 0; segment < 30; ++segment) {
    const double begin = 3.0 * segment;
    for (int k = 0; k < 10; ++k) {
      const double time = begin + k / kRate;
      progress_->set({0, begin});  // the window node holds the segment's samples, and has cut nothing
      overlay_.take(picture(time));
      most = std::max(most, overlay_.held());
    }
  }
  EXPECT_LE(most, 10U);
  EXPECT_EQ(overlay_.early(), 0);
}

TEST_F(Overlay, HoldsPicturesWhileAWindowThatCoversThemIsUnanswered) {
  for (int k = 0; k < 50; ++k) overlay_.take(picture(k / kRate));
  progress_->set({2, 1.0});  // windows from 0 s and from 0.5 s
  overlay_.take(answer(0, 0));
  EXPECT_EQ(overlay_.held(), 50U);
  overlay_.take(answer(1, 0.5));
  EXPECT_EQ(overlay_.held(), 25U);
}

TEST_F(Overlay, HoldsABoundedTimeWhereNoAnswersComeAndCountsWhatDidNotWait) {
  progress_->set({1, 0});
  const auto most = static_cast<std::size_t>((kWindow + StreamOverlay::kMostSeconds) * kRate) + 1;
  for (int k = 0; k < 1000; ++k) {
    overlay_.take(picture(k / kRate));
    ASSERT_LE(overlay_.held(), most);
  }
  EXPECT_EQ(overlay_.early(), static_cast<std::int64_t>(1000 - overlay_.held()));
}

TEST_F(Overlay, HoldsNoMorePicturesThanTheirBytesAllow) {
  progress_->set({1, 0});
  const std::int64_t each = frame_bytes(decoded_.front());
  EXPECT_GE(each, 64 * 48 * 3 / 2);
  for (int k = 0; k < 50; ++k) {
    overlay_.take(picture(k / kRate), 5 * each);
    ASSERT_LE(overlay_.held(), 5U);
  }
  EXPECT_EQ(overlay_.early(), 45);
}

TEST_F(Overlay, OfALiveStreamIsReadableAfterAKill) {
  for (const char* name : {"out.mkv", "killed.mp4"}) {
    const std::filesystem::path file = folder_ / name;
    ASSERT_TRUE(dies_by_kill([&] {
      StreamOverlay overlay(file, progress_, kWindow);
      for (int k = 0; k < 100; ++k) {
        progress_->set({0, k / kRate});
        overlay.take(picture(k / kRate), 256'000'000);
      }
      die_by_kill();
    }));
    EXPECT_GE(written(file).size(), 70U) << name << ": all but the last second of four";
  }
}

TEST_F(Overlay, RemovesWhatNoPlayerCouldOpen) {
  const std::filesystem::path whole = folder_ / "in.mp4", broken = folder_ / "broken.mp4";
  std::ofstream(broken) << "half a header";
  const LogLines log;
  StreamOverlay::remove_broken(whole);
  StreamOverlay::remove_broken(broken);
  EXPECT_TRUE(std::filesystem::exists(whole));
  EXPECT_FALSE(std::filesystem::exists(broken));
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(Overlay, AnActionIsDrawnFromWhenItIsToldUntilItIsOver) {
  for (int k = 0; k < 30; ++k) {
    overlay_.take(picture(k / kRate));
    heard(k, k == 10   ? told(EventChange::begun, 9.5 / kRate)
             : k == 20 ? told(EventChange::ended, 19.5 / kRate)
                       : std::vector<EventResult>{});
  }
  overlay_.finish();
  EXPECT_EQ(drawn(30), (std::vector<int>{10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
}

// Its window lasts 25 pictures.
TEST_F(Overlay, AnActionIsNotDrawnBeyondAnswersThatNeverCame) {
  for (int k = 0; k < 60; ++k) {
    overlay_.take(picture(k / kRate));
    if (k == 10) heard(k, told(EventChange::begun, 9.5 / kRate));
    if (k < 10 || k == 15) heard(k, {});
    if (k > 15) heard(k, k == 50 ? told(EventChange::ended, 49.5 / kRate) : std::vector<EventResult>{});
  }
  overlay_.finish();
  const std::vector<int> pictures = drawn(60);
  ASSERT_FALSE(pictures.empty());
  EXPECT_EQ(pictures.front(), 10);
  EXPECT_EQ(pictures.back(), 15 + 24);
}

}  // namespace
}  // namespace actionflow::testing
