// Sources that are slow, that have no clock of their own, or that a playlist leads to. Time is moved by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "datasets/video/opening/io_deadline.h"
#include "datasets/video/opening/replayed_input.h"
#include "datasets/video/stream_parameters.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/datasets/video/small_server.h"
#include "tests/tools/moved_clock.h"

namespace actionflow {
namespace {

using std::chrono::seconds;
using testing::Connection;
using testing::error_of;
using testing::MovedClock;
using testing::SmallServer;
using testing::TemporaryFolder;
using testing::write_test_video;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool interrupted(IoDeadline& deadline) {
  const AVIOInterruptCB callback = deadline.callback();
  return callback.callback(callback.opaque) != 0;
}

TEST(IoDeadline, CountsSilenceFromTheLastByte) {
  MovedClock clock;
  IoDeadline deadline(clock);
  deadline.allow_silence(seconds(10));
  for (int k = 0; k < 5; ++k) {
    clock.pass(9);
    EXPECT_FALSE(interrupted(deadline));
    deadline.note_progress();
  }
  clock.pass(10);
  EXPECT_TRUE(interrupted(deadline));
}

TEST(IoDeadline, SeesPacketsWhereFfmpegReadsTheBytes) {
  MovedClock clock;
  IoDeadline deadline(clock);
  const UniqueFormatInput context(avformat_alloc_context());
  AVStream* stream = avformat_new_stream(context.get(), nullptr);
  ASSERT_NE(stream, nullptr);
  deadline.watch(context.get());
  deadline.allow_silence(seconds(10));
  for (int k = 0; k < 5; ++k) {
    clock.pass(9);
    stream->event_flags |= AVSTREAM_EVENT_FLAG_NEW_PACKETS;
    EXPECT_FALSE(interrupted(deadline));
  }
  clock.pass(10);
  EXPECT_TRUE(interrupted(deadline));
}

TEST(IoDeadline, ForAWholePictureEndsHoweverMuchComes) {
  MovedClock clock;
  IoDeadline deadline(clock);
  deadline.allow_silence(seconds(10));
  deadline.allow_in_all(seconds(60));
  for (int k = 0; k < 6; ++k) {
    clock.pass(9);
    EXPECT_FALSE(interrupted(deadline));
    deadline.note_progress();
  }
  clock.pass(6);
  EXPECT_TRUE(interrupted(deadline));
  EXPECT_EQ(deadline.why("silent for"), "no whole picture within 60 s, though bytes came");
  deadline.allow_silence(seconds(10));
  deadline.allow_in_all(seconds(60));
  clock.pass(10);
  EXPECT_EQ(deadline.why("silent for"), "silent for 10 s");
}

TEST(SlowSource, ThatNeverGivesAWholePictureIsGivenUpThoughBytesCome) {
  static MovedClock clock;
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n");
    connection.send("--b\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n\xFF\xD8");
    while (connection.send("x")) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      clock.pass(0.25);
    }
  });
  SourceOptions options;
  options.source = server.address("http", "/");
  options.silence = 40;
  EXPECT_THAT(error_of(options, clock), ::testing::HasSubstr("no whole picture within 60 s"));
}

TEST(IoDeadline, OfAFarewellIsNotMovedByWhatComes) {
  MovedClock clock;
  IoDeadline deadline(clock);
  deadline.end_within(std::chrono::milliseconds(500));
  clock.pass(0.4);
  deadline.note_progress();
  clock.pass(0.1);
  EXPECT_TRUE(interrupted(deadline));
}

// Hands out a few bytes at each read, six seconds after the ones before.
struct Trickle {
  std::string bytes;
  MovedClock clock;
  std::size_t at = 0;

  static int read(void* self, std::uint8_t* to, int size) {
    constexpr std::size_t kPiece = 188;
    auto& trickle = *static_cast<Trickle*>(self);
    trickle.clock.pass(6);
    const std::size_t count =
        std::min({kPiece, static_cast<std::size_t>(size), trickle.bytes.size() - trickle.at});
    if (count == 0) return AVERROR_EOF;
    std::copy_n(trickle.bytes.begin() + static_cast<std::ptrdiff_t>(trickle.at), count, to);
    trickle.at += count;
    return static_cast<int>(count);
  }
  UniqueOwnIo io() {
    constexpr int kBuffer = 4096;
    return UniqueOwnIo(avio_alloc_context(static_cast<unsigned char*>(av_malloc(kBuffer)), kBuffer, 0, this,
                                          read, nullptr, nullptr));
  }
};

// What bytes are that trickle in; `seen`: so many were looked at.
std::string format_of_trickle(const std::string& bytes, std::size_t& seen) {
  Trickle trickle{bytes, {}};
  const UniqueOwnIo inner = trickle.io();
  IoDeadline deadline(trickle.clock);
  deadline.allow_silence(seconds(10));
  ReplayedInput input(*inner, deadline);
  int score = 0;
  const AVInputFormat* format = input.probe("", score);
  seen = input.seen().size();
  EXPECT_TRUE(seen == bytes.size() || !interrupted(deadline));

  std::string again;
  std::uint8_t buffer[512];
  for (int count = 0; (count = avio_read(&input.io(), buffer, sizeof buffer)) > 0;)
    again.append(reinterpret_cast<char*>(buffer), static_cast<std::size_t>(count));
  EXPECT_TRUE(again == bytes);
  return format ? format->name : "none";
}

TEST(ReplayedInput, KnowsAFormatWhileItsBytesTrickleInAndGivesAllOfThemAgain) {
  const TemporaryFolder folder;
  const auto format_of = [&](const std::string& name) {
    write_test_video(folder / name, {.frames = 20});
    std::size_t seen = 0;
    const std::string format = format_of_trickle(bytes_of(folder / name), seen);
    EXPECT_LT(seen, 3500u) << name;
    return format;
  };
  EXPECT_EQ(format_of("a.ts"), "mpegts");
  EXPECT_EQ(format_of("a.mkv"), "matroska,webm");
}

TEST(ReplayedInput, TakesAPictureForAVideoAsSoonAsASecondOneBegins) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mjpeg", {.frames = 1, .encoder = "mjpeg"});
  const std::string picture = bytes_of(folder / "a.mjpeg");
  std::string pictures;
  for (int k = 0; k < 20; ++k) pictures += picture;
  std::size_t seen = 0;
  EXPECT_EQ(format_of_trickle(pictures, seen), "mjpeg");
  EXPECT_LT(seen, 2 * picture.size());
  EXPECT_EQ(format_of_trickle(picture, seen), "jpeg_pipe");
  EXPECT_EQ(seen, picture.size());
}

TEST(ReplayedInput, TakesNoPreviewInsideAPictureForASecondOne) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mjpeg", {.frames = 1, .encoder = "mjpeg"});
  std::string picture = bytes_of(folder / "a.mjpeg");
  const std::size_t length = 2 + picture.size();
  const std::string exif =
      std::string("\xff\xe1") + static_cast<char>(length >> 8) + static_cast<char>(length & 0xff) + picture;
  picture.insert(2, exif);
  std::size_t seen = 0;
  EXPECT_EQ(format_of_trickle(picture, seen), "jpeg_pipe");
  EXPECT_EQ(format_of_trickle(picture + picture, seen), "mjpeg");
}

// As a web server without ranges gives a file: its size is known, and nothing else is to be had twice.
TEST(ReplayedInput, GoesBackAnywhereInASmallFileThatCannotBeSoughtIn) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mp4", {.frames = 20});
  Trickle trickle{bytes_of(folder / "a.mp4"), {}};
  const UniqueOwnIo inner = trickle.io();
  inner->seek = [](void* self, std::int64_t, int whence) -> std::int64_t {
    return whence == AVSEEK_SIZE ? static_cast<std::int64_t>(static_cast<Trickle*>(self)->bytes.size())
                                 : AVERROR(EPIPE);
  };
  IoDeadline deadline(trickle.clock);
  deadline.allow_silence(seconds(10));
  ReplayedInput input(*inner, deadline);
  int score = 0;
  ASSERT_NE(input.probe("", score), nullptr);
  const auto read_from = [&](std::int64_t at) {
    EXPECT_EQ(avio_seek(&input.io(), at, SEEK_SET), at);
    std::string read;
    std::uint8_t buffer[512];
    for (int count = 0; (count = avio_read(&input.io(), buffer, sizeof buffer)) > 0;)
      read.append(reinterpret_cast<char*>(buffer), static_cast<std::size_t>(count));
    return read;
  };
  EXPECT_TRUE(read_from(0) == trickle.bytes);
  for (const std::size_t at : {std::size_t{40}, trickle.bytes.size() / 2})
    EXPECT_TRUE(read_from(static_cast<std::int64_t>(at)) == trickle.bytes.substr(at)) << at;
}

// Lets the pictures of a camera go one by one.
class Gate {
 public:
  void open_for(int more) {
    const std::lock_guard lock(mutex_);
    allowed_ += more;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return allowed_ > 0; });
    --allowed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int allowed_ = 0;
};

TEST(SourceWithoutAClock, IsTimedByTheArrivalOfItsPictures) {
  constexpr int kPictures = 6;
  const TemporaryFolder folder;
  write_test_video(folder / "one.mjpeg", {.frames = 1, .encoder = "mjpeg"});
  const std::string picture = bytes_of(folder / "one.mjpeg");
  Gate gate;
  const SmallServer server([&](const Connection& connection) {
    connection.read_head();
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n");
    for (int k = 0; k < kPictures; ++k) {
      gate.pass();
      connection.send("--b\r\nContent-Type: image/jpeg\r\nContent-Length: " + std::to_string(picture.size()) +
                      "\r\n\r\n" + picture + "\r\n");
    }
  });
  MovedClock clock;
  const StopFlag stop{false};
  SourceOptions options;
  options.source = server.address("http", "/");
  gate.open_for(1);
  const std::unique_ptr<Reader> reader = Reader::open(options, stop, clock);
  EXPECT_EQ(reader->info().frame_rate, 0);
  const std::unique_ptr<Decoder> decoder = Decoder::create(reader->codec_parameters(), 1);
  std::vector<Frame> frames;
  for (int k = 0; k < kPictures; ++k) {
    if (k > 0) gate.open_for(1);
    decoder->decode(*reader->read(), frames);
    clock.pass(0.2);
  }
  ASSERT_EQ(frames.size(), static_cast<std::size_t>(kPictures));
  for (std::size_t k = 0; k < frames.size(); ++k) {
    EXPECT_EQ(frames[k].pts_us() - frames[0].pts_us(), static_cast<std::int64_t>(k) * 200'000);
    EXPECT_EQ(frames[k].arrival_ns(), frames[k].pts_us() * 1000);
  }
}

// A raw stream as an encoder makes it, and its pictures.
struct RawStream {
  const char* name;
  const char* encoder;
};

std::vector<RawStream> raw_streams() {
  std::vector<RawStream> streams;
  for (const RawStream& each : {RawStream{"a.mjpeg", "mjpeg"},
                                {"a.m2v", "mpeg2video"},
                                {"a.h264", "libx264"},
                                {"a.hevc", "libx265"}}) {
    if (avcodec_find_encoder_by_name(each.encoder)) streams.push_back(each);
  }
  return streams;
}

std::vector<std::string> pictures_of(const std::filesystem::path& path) {
  const StopFlag stop{false};
  const std::unique_ptr<Reader> reader = Reader::open(testing::source_of(path), stop);
  std::vector<std::string> pictures;
  while (const std::optional<Packet> packet = reader->read()) {
    const AVPacket& data = *packet->data()->packet;
    pictures.emplace_back(reinterpret_cast<const char*>(data.data), static_cast<std::size_t>(data.size));
  }
  return pictures;
}

TEST(SourceWithoutAClock, OfWhateverCodecIsTimedByArrival) {
  constexpr int kPictures = 12;
  constexpr int kAhead = 6;  // what probing and parsing want to see
  for (const auto& [name, encoder] : raw_streams()) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    write_test_video(folder / name, {.frames = kPictures, .encoder = encoder});
    const std::vector<std::string> pictures = pictures_of(folder / name);
    ASSERT_EQ(pictures.size(), static_cast<std::size_t>(kPictures));
    Gate gate;
    const SmallServer server([&](const Connection& connection) {
      connection.read_head();
      connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n");
      for (const std::string& picture : pictures) {
        gate.pass();
        connection.send(picture);
      }
    });
    MovedClock clock;
    const StopFlag stop{false};
    SourceOptions options;
    options.source = server.address("http", "/");
    gate.open_for(kAhead);
    const std::unique_ptr<Reader> reader = Reader::open(options, stop, clock);
    const std::unique_ptr<Decoder> decoder = Decoder::create(reader->codec_parameters(), 1);
    std::vector<Frame> frames;
    std::vector<std::int64_t> stamps;
    for (int k = 0; k + 1 < kPictures; ++k) {
      const Packet packet = *reader->read();
      stamps.push_back(packet.data()->packet->dts);
      decoder->decode(packet, frames);
      clock.pass(0.2);
      gate.open_for(1);
    }
    decoder->flush(frames);
    EXPECT_EQ(frames.size(), stamps.size());
    for (std::size_t k = 1; k < stamps.size(); ++k) EXPECT_EQ(stamps[k] - stamps[k - 1], 200'000) << k;
    for (std::size_t k = 1; k < frames.size(); ++k) EXPECT_GT(frames[k].pts_us(), frames[k - 1].pts_us());
  }
}

TEST(SourceWithoutAClock, HasTheRateThatIsGiven) {
  for (const auto& [name, encoder] : raw_streams()) {
    const TemporaryFolder folder;
    write_test_video(folder / name, {.frames = 8, .encoder = encoder});
    SourceOptions options = testing::source_of(folder / name);
    const testing::Decoded guessed = testing::read_all(options);
    options.frame_rate = 5;
    const testing::Decoded given = testing::read_all(options);
    ASSERT_EQ(guessed.frames.size(), 8u) << name;
    ASSERT_EQ(given.frames.size(), 8u) << name;
    EXPECT_EQ(guessed.info.frame_rate, 25) << name;
    EXPECT_EQ(given.info.frame_rate, 5) << name;
    EXPECT_NEAR(guessed.frames[7].pts_us() - guessed.frames[0].pts_us(), 280'000, 40'000) << name;
    for (std::size_t k = 1; k < 8; ++k)
      EXPECT_EQ(given.frames[k].pts_us() - given.frames[k - 1].pts_us(), 200'000) << name << " " << k;
  }
}

TEST(Playlist, OfALiveStreamIsLiveAndItsDeadServerALostConnection) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.ts", {.frames = 20});
  std::atomic<bool> alive{true};
  const SmallServer server([&](const Connection& connection) {
    const std::string head = connection.read_head();
    if (!alive) return;
    const bool list = head.find("GET /list.m3u8") != std::string::npos;
    const std::string body = list ? "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.8,\na.ts\n"
                                  : bytes_of(folder / "a.ts");
    connection.send("HTTP/1.1 200 OK\r\nContent-Type: " +
                    std::string(list ? "application/vnd.apple.mpegurl" : "video/mp2t") +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
                    body);
  });
  SourceOptions options;
  options.source = server.address("http", "/list.m3u8");
  options.allow_manifests = true;
  const StopFlag stop{false};
  const std::unique_ptr<Reader> reader = Reader::open(options, stop);
  EXPECT_TRUE(reader->info().live);
  alive = false;
  int packets = 0;
  try {
    while (reader->read()) ++packets;
    FAIL() << "an endless playlist ended";
  } catch (const SourceError& error) {
    EXPECT_NE(std::string(error.what()).find("connection was lost"), std::string::npos) << error.what();
  }
  EXPECT_GT(packets, 0);
}

TEST(Container, OfAVersionThatFfmpegLacksIsNotCalledDamaged) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mkv", {.frames = 4});
  std::string bytes = bytes_of(folder / "a.mkv");
  const std::string version_1("\x42\xf7\x81\x01", 4);
  const std::size_t at = bytes.find(version_1);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 3] = 9;
  std::ofstream(folder / "b.mkv", std::ios::binary) << bytes;
  const std::string message = error_of(folder / "b.mkv");
  EXPECT_NE(message.find("b.mkv: uses something that FFmpeg"), std::string::npos) << message;
  EXPECT_EQ(message.find("damaged"), std::string::npos) << message;
}

// A picture coded arithmetically is whole; FFmpeg reads only Huffman's.
TEST(Decoder, SaysWhyNoPictureCame) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.avi", {.frames = 4, .encoder = "mjpeg"});
  std::string bytes = bytes_of(folder / "a.avi");
  const std::string baseline("\xff\xc0\x00\x11", 4);
  int changed = 0;
  for (std::size_t at = 0; (at = bytes.find(baseline, at)) != std::string::npos; ++changed)
    bytes[at + 1] = '\xc9';
  ASSERT_EQ(changed, 4);
  std::ofstream(folder / "b.avi", std::ios::binary) << bytes;
  const StopFlag stop{false};
  const auto failure_of = [&](const char* name) {
    const std::unique_ptr<Reader> reader = Reader::open(testing::source_of(folder / name), stop);
    const std::unique_ptr<Decoder> decoder = Decoder::create(reader->codec_parameters(), 1);
    std::vector<Frame> frames;
    while (const std::optional<Packet> packet = reader->read()) decoder->decode(*packet, frames);
    decoder->flush(frames);
    return decoder->failure();
  };
  EXPECT_EQ(failure_of("a.avi"), "");
  EXPECT_NE(failure_of("b.avi").find("unsupported coding type (c9)"), std::string::npos)
      << failure_of("b.avi");
}

}  // namespace
}  // namespace actionflow
