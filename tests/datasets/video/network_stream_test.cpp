// Streams of bytes over the network: RTMP, SRT and UDP, each sent by the ffmpeg program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/video/source_policy.h"
#include "tests/datasets/video/read_video.h"
#include "tests/tools/child_process.h"
#include "tests/tools/free_port.h"
#include "tests/tools/ticking_clock.h"
#include "tests/tools/wait_for.h"

namespace actionflow {
namespace {

using testing::ChildProcess;
using ::testing::HasSubstr;
using testing::source_of;

// Sends moving pictures without an end, to whoever asks, or whether anybody listens or not.
ChildProcess sender(const std::vector<std::string>& to) {
  std::vector<std::string> command{
      "ffmpeg", "-v",      "quiet",   "-nostdin",  "-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=25",
      "-c:v",   "libx264", "-preset", "ultrafast", "-g",  "10"};
  command.insert(command.end(), to.begin(), to.end());
  return ChildProcess(command);
}

// Opened as soon as the sender is there.
std::unique_ptr<Reader> open_when_there(const SourceOptions& source, const StopFlag& stop) {
  std::unique_ptr<Reader> reader;
  EXPECT_TRUE(testing::wait_for([&] {
    try {
      reader = Reader::open(source, stop);
    } catch (const SourceError&) {
    }
    return reader != nullptr;
  })) << source.source;
  return reader;
}

void expect_pictures(const SourceOptions& source) {
  const StopFlag stop{false};
  const auto reader = open_when_there(source, stop);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->info().live);
  EXPECT_TRUE(is_live(source));
  const auto decoder = Decoder::create(reader->codec_parameters(), 1);
  std::vector<Frame> frames;
  while (frames.size() < 10) decoder->decode(*reader->read(), frames);
  EXPECT_EQ(frames.back().coded_width(), 160);
  EXPECT_GT(frames.back().pts_us(), frames.front().pts_us());
}

TEST(NetworkStream, ComesByRtmp) {
  const std::string address = "rtmp://127.0.0.1:" + std::to_string(testing::free_port()) + "/live/door";
  const ChildProcess program = sender({"-f", "flv", "-listen", "1", address});
  expect_pictures(source_of(address));
}

TEST(NetworkStream, ComesBySrt) {
  const std::string address = "srt://127.0.0.1:" + std::to_string(testing::free_port(SOCK_DGRAM));
  const ChildProcess program = sender({"-f", "mpegts", address + "?mode=listener"});
  expect_pictures(source_of(address));
}

TEST(NetworkStream, ComesByUdp) {
  const std::string address = "udp://127.0.0.1:" + std::to_string(testing::free_port(SOCK_DGRAM));
  const ChildProcess program = sender({"-f", "mpegts", address + "?pkt_size=1316"});
  expect_pictures(source_of(address));
}

TEST(NetworkStream, IsWaitedForAtAPortUntilItIsSilentForTooLong) {
  SourceOptions source = source_of("udp://:" + std::to_string(testing::free_port(SOCK_DGRAM)));
  source.silence = 2.5;
  static testing::TickingClock clock;
  EXPECT_THAT(testing::error_of(source, clock), HasSubstr("no answer within 2.5 s"));
}

TEST(NetworkStream, IsOpenedByItsOwnProtocolsAlone) {
  EXPECT_EQ(source_kind_by_name("RTMP://host/live"), SourceKind::stream);
  EXPECT_EQ(source_kind_by_name("srt://host:9000?passphrase=x"), SourceKind::stream);
  EXPECT_EQ(source_kind_by_name("udp://@239.0.0.1:1234"), SourceKind::stream);
  EXPECT_EQ(source_kind_by_name("udplite://host"), SourceKind::file);
  EXPECT_EQ(protocol_whitelist(SourceKind::stream, true).find("file"), std::string::npos);
  EXPECT_EQ(protocol_whitelist(SourceKind::stream, true).find("http"), std::string::npos);
}

}  // namespace
}  // namespace actionflow
