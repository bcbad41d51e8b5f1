#include "datasets/video/readers/looping_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/tools/ticking_clock.h"

namespace actionflow {
namespace {

using testing::source_of;
using testing::TemporaryFolder;

class LoopedFile : public ::testing::Test {
 protected:
  std::unique_ptr<Reader> open(const std::string& name) const {
    const SourceOptions source = source_of(folder_ / name);
    const auto once = [this, source] { return Reader::open(source, stop_); };
    return std::make_unique<LoopingReader>(once(), once);
  }

  // Of so many pictures, in milliseconds.
  static std::vector<std::int64_t> times(Reader& reader, std::size_t pictures) {
    const auto decoder = Decoder::create(reader.codec_parameters(), 1);
    std::vector<Frame> frames;
    while (frames.size() < pictures) decoder->decode(*reader.read(), frames);
    std::vector<std::int64_t> times;
    for (const Frame& frame : frames) times.push_back((frame.pts_us() - frames[0].pts_us() + 500) / 1000);
    return times;
  }

  const StopFlag stop_{false};
  const TemporaryFolder folder_;
};

TEST_F(LoopedFile, GoesOnAsOneLongVideo) {
  for (const char* name : {"a.mp4", "a.mkv", "a.avi"}) {
    testing::write_test_video(folder_ / name, {.frames = 12, .fps = 25});
    const auto reader = open(name);
    EXPECT_FALSE(reader->info().duration);
    const std::vector<std::int64_t> found = times(*reader, 50);
    for (std::size_t k = 0; k < 50; ++k)
      EXPECT_NEAR(static_cast<double>(found[k]), 40.0 * static_cast<double>(k), 1) << name << k;
  }
}

TEST_F(LoopedFile, GoesOnAcrossPicturesThatAreDecodedInAnotherOrder) {
  const std::string file = folder_ / "b.mp4";
  ASSERT_EQ(std::system(
                ("ffmpeg -v error -nostdin -f lavfi -i testsrc=size=64x48:rate=25 -frames:v 20 -c:v libx264 "
                 "-bf 2 " +
                 file)
                    .c_str()),
            0);
  const std::vector<std::int64_t> found = times(*open("b.mp4"), 70);
  for (std::size_t k = 1; k < 70; ++k) EXPECT_NEAR(static_cast<double>(found[k] - found[k - 1]), 40, 1) << k;
}

TEST_F(LoopedFile, IsRefusedOnceItIsAnotherVideo) {
  testing::write_test_video(folder_ / "a.mkv", {.frames = 12, .encoder = "mjpeg"});
  const auto reader = open("a.mkv");
  testing::write_test_video(folder_ / "other.mkv", {.frames = 12, .fps = 10, .encoder = "mpeg4"});
  std::filesystem::rename(folder_ / "other.mkv", folder_ / "a.mkv");
  const auto read_on = [&] {
    for (int k = 0; k < 40; ++k) reader->read();
  };
  EXPECT_THROW(read_on(), SourceError);
}

TEST_F(LoopedFile, IsWhatTheOptionsOfAStreamGive) {
  testing::write_test_video(folder_ / "a.mp4", {.frames = 5, .fps = 25});
  SourceOptions source = source_of(folder_ / "a.mp4");
  source.realtime = source.loop = true;
  const testing::TickingClock clock;
  const auto reader = Reader::open(source, stop_, clock);
  EXPECT_TRUE(reader->info().live);
  for (int k = 0; k < 23; ++k) ASSERT_TRUE(reader->read()) << k;
}

}  // namespace
}  // namespace actionflow
