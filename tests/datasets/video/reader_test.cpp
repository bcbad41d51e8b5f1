#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "datasets/video/readers/reader.h"
#include "datasets/video/readers/realtime_reader.h"
#include "datasets/video/source_options.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/tools/ticking_clock.h"

namespace actionflow {
namespace {

using testing::Decoded;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFolder;
using testing::TestVideo;
using ::testing::TestWithParam;
using testing::write_test_video;

void write_text(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

std::vector<std::int64_t> stamps_of(const Decoded& decoded) {
  std::vector<std::int64_t> stamps;
  for (const Frame& frame : decoded.frames) stamps.push_back(frame.pts_us());
  return stamps;
}

TEST(Reader, GivesTheTimeStampsInMicroseconds) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mp4", {.frames = 5, .fps = 25});
  EXPECT_EQ(stamps_of(read_all(folder / "a.mp4")),
            (std::vector<std::int64_t>{0, 40'000, 80'000, 120'000, 160'000}));
}

TEST(Reader, KnowsTheStreamBeforeTheFirstPacket) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mkv", {.width = 96, .height = 64, .frames = 50, .fps = 25});
  const StreamInfo info = read_all(folder / "a.mkv").info;
  EXPECT_EQ(info.format, "matroska,webm");
  EXPECT_EQ(info.width, 96);
  EXPECT_EQ(info.height, 64);
  EXPECT_DOUBLE_EQ(info.frame_rate, 25);
  ASSERT_TRUE(info.duration.has_value());
  EXPECT_NEAR(*info.duration, 2, 0.05);
  EXPECT_FALSE(info.live);
}

TEST(Reader, TakesNamesThatLookLikeSomethingElse) {
  const TemporaryFolder folder;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const char* name :
       {"-dash-.mp4", "a:b.mp4", "with space.mp4", "concat:x.mp4", "100%d.mp4", "a=b.mp4", "ü✓.mp4",
        "data:,x.mp4", "q?x=1#y.mp4", "subfile,,start,0,end,9,,:x.mp4", "file:x.mp4"}) {
    write_test_video(folder / "plain.mp4", {.frames = 3});
    std::filesystem::rename(folder / "plain.mp4", folder / name);
    EXPECT_EQ(error_of(std::filesystem::path(name)), "") << name;
  }
  std::filesystem::current_path(before);
}

TEST(Reader, GivesFramesByReference) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mp4", {.frames = 3});
  const Decoded decoded = read_all(folder / "a.mp4");
  const Frame copy = decoded.frames.at(1);
  EXPECT_EQ(copy.picture(), decoded.frames.at(1).picture());
  EXPECT_GT(copy.arrival_ns(), 0);
}

TEST(Reader, FollowsASizeThatChangesInTheMiddle) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mpg", {.width = 64, .height = 48, .frames = 10, .encoder = "mpeg2video"});
  write_test_video(folder / "b.mpg", {.width = 96, .height = 64, .frames = 10, .encoder = "mpeg2video"});
  std::ofstream joined(folder / "joined.mpg", std::ios::binary);
  joined << std::ifstream(folder / "a.mpg", std::ios::binary).rdbuf()
         << std::ifstream(folder / "b.mpg", std::ios::binary).rdbuf();
  joined.close();
  const Decoded decoded = read_all(folder / "joined.mpg");
  ASSERT_GE(decoded.frames.size(), 19u);
  EXPECT_EQ(decoded.frames.front().coded_width(), 64);
  EXPECT_EQ(decoded.frames.back().coded_width(), 96);
  EXPECT_EQ(decoded.frames.back().coded_height(), 64);
}

TEST(Reader, ReadsRawStreamsWithoutTimeStampsAndFillsThemFromTheRate) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.h264", {.frames = 12});
  write_test_video(folder / "a.m4v", {.frames = 12, .encoder = "mpeg4"});
  write_test_video(folder / "a.mjpeg", {.frames = 12, .encoder = "mjpeg"});
  write_test_video(folder / "a.gif", {.frames = 12, .encoder = "gif"});
  for (const char* name : {"a.h264", "a.m4v", "a.mjpeg", "a.gif"}) {
    const Decoded decoded = read_all(folder / name);
    ASSERT_EQ(decoded.frames.size(), 12u) << name;
    const std::vector<std::int64_t> stamps = stamps_of(decoded);
    for (std::size_t k = 1; k < stamps.size(); ++k) EXPECT_GT(stamps[k], stamps[k - 1]) << name << " " << k;
    EXPECT_NEAR(static_cast<double>(stamps.back() - stamps.front()), 11 * 40'000, 40'000) << name;
  }
}

TEST(Reader, NamesWhatIsWrongAndTheMendInOneLine) {
  const TemporaryFolder folder;
  write_text(folder / "empty.mp4", "");
  write_text(folder / "text.mp4", "this is a letter,\nnot a video\n");
  write_text(folder / "noise.mp4", std::string("\x01\x02\x03\x7f\x00\xff\xfe garbage", 14));
  std::filesystem::create_directory(folder / "bare");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"missing.mp4", "no such file"}, {"empty.mp4", "is empty"},   {"text.mp4", "is text"},
      {"noise.mp4", "not a video"},    {"bare", "holds no frames"}, {"missing/x.mp4", "no such file"},
  };
  for (const auto& [name, text] : expected) {
    const std::string message = error_of(folder / name);
    EXPECT_NE(message.find(text), std::string::npos) << name << ": " << message;
    EXPECT_NE(message.find((folder / name).string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
  EXPECT_NE(error_of(SourceOptions{}).find("empty"), std::string::npos);
  EXPECT_NE(error_of(std::filesystem::path("/dev/null")).find("neither"), std::string::npos);
  EXPECT_NE(error_of(std::filesystem::path("/dev/video99")).find("no such camera"), std::string::npos);
  EXPECT_NE(error_of(std::filesystem::path("ftp://host/x.mp4")).find("ftp:// is not opened"),
            std::string::npos);
}

TEST(Reader, SaysSoWhenAFileMayNotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  write_test_video(folder / "locked.mp4", {.frames = 2});
  std::filesystem::permissions(folder / "locked.mp4", std::filesystem::perms::none);
  EXPECT_NE(error_of(folder / "locked.mp4").find("permission denied"), std::string::npos);
}

// A WAV file's header and 0.1 s of silence.
std::string silence() {
  std::string wav = "RIFF";
  const auto number = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) wav += static_cast<char>(value >> (8 * i) & 0xff);
  };
  number(36 + 1600, 4);
  wav += "WAVEfmt ";
  number(16, 4), number(1, 2), number(1, 2), number(8000, 4), number(16000, 4), number(2, 2), number(16, 2);
  wav += "data";
  number(1600, 4);
  return wav + std::string(1600, '\0');
}

TEST(Reader, SaysSoWhenThereIsOnlySound) {
  const TemporaryFolder folder;
  write_text(folder / "sound.wav", silence());
  EXPECT_NE(error_of(folder / "sound.wav").find("no video stream"), std::string::npos);
}

TEST(Reader, EndsAtOnceWhenStopped) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mp4", {.frames = 50});
  StopFlag stop{false};
  SourceOptions options;
  options.source = folder / "a.mp4";
  const std::unique_ptr<Reader> reader = Reader::open(options, stop);
  EXPECT_TRUE(reader->read().has_value());
  stop = true;
  EXPECT_THROW(reader->read(), SourceError);
}

TEST(Reader, PlaysAFileAtItsOwnSpeedWhenToldTo) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mp4", {.frames = 16, .fps = 25});
  SourceOptions options;
  options.source = folder / "a.mp4";
  options.realtime = true;
  EXPECT_TRUE(is_live(options));
  const Decoded decoded = read_all(options);
  EXPECT_EQ(decoded.frames.size(), 16u);
  EXPECT_TRUE(decoded.info.live);
}

TEST(Reader, GivesNoPacketBeforeItsTimeAndNoneLongAfter) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.avi", {.frames = 16, .fps = 25, .encoder = "mjpeg"});
  const StopFlag stop{false};
  const testing::TickingClock clock;
  RealtimeReader reader(Reader::open(testing::source_of(folder / "a.avi"), stop), stop, clock);
  ASSERT_TRUE(reader.read());
  const double begin = clock.seconds();
  for (int i = 1; i < 16; ++i) {
    ASSERT_TRUE(reader.read());
    EXPECT_GE(clock.seconds() - begin, 0.04 * i - 0.041);  // the first look came a tick before `begin`
    EXPECT_LE(clock.seconds() - begin, 0.04 * i + 0.041);
  }
  EXPECT_FALSE(reader.read());
}

TEST(RealtimeReader, WhatComesInPiecesIsPlayedALittleFasterAndBeginsAnewWhereAPieceComesLate) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.avi", {.frames = 16, .fps = 25, .encoder = "mjpeg"});
  const StopFlag stop{false};
  const testing::TickingClock clock(0.001);
  RealtimeReader reader(Reader::open(testing::source_of(folder / "a.avi"), stop), stop, clock,
                        Lateness::catch_up);
  const std::int64_t first = reader.read()->arrival_ns();
  for (int i = 1; i < 8; ++i)
    EXPECT_NEAR(static_cast<double>(reader.read()->arrival_ns() - first) * 1e-9, 0.99 * 0.04 * i, 1e-6);
  while (clock.seconds() < 2) clock.steady_ns();
  EXPECT_NEAR(static_cast<double>(reader.read()->arrival_ns()) * 1e-9, 2, 0.1);
}

}  // namespace
}  // namespace actionflow
