// Time stamps at the ends of their range, as damaged files have them.
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "datasets/video/decoding/decoder.h"
#include "datasets/video/readers/realtime_reader.h"
#include "datasets/video/stream_parameters.h"
#include "tests/datasets/make_video.h"
#include "tests/tools/ticking_clock.h"

namespace actionflow {
namespace {

using testing::TemporaryFolder;
using testing::write_test_video;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min() + 1;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A file's packets with other time stamps, in microseconds.
class Restamped final : public Reader {
 public:
  Restamped(const std::filesystem::path& path, std::vector<std::int64_t> stamps)
      : stamps_(std::move(stamps)) {
    SourceOptions options;
    options.source = path.string();
    reader_ = Reader::open(options, stop_);
    const CodecParameters& own = *reader_->codec_parameters();
    auto parameters = std::make_shared<CodecParameters>();
    parameters->codec.reset(avcodec_parameters_alloc());
    avcodec_parameters_copy(parameters->codec.get(), own.codec.get());
    parameters->frame_rate = own.frame_rate;
    parameters->source = own.source;
    parameters_ = std::move(parameters);
  }

  const StreamInfo& info() const override { return reader_->info(); }
  std::shared_ptr<const CodecParameters> codec_parameters() const override { return parameters_; }
  std::optional<Packet> read() override {
    std::optional<Packet> packet = reader_->read();
    if (!packet || next_ == stamps_.size()) return std::nullopt;
    AVPacket& data = *packet->data()->packet;
    data.pts = data.dts = stamps_[next_++];
    data.duration = 0;
    return packet;
  }

 private:
  const StopFlag stop_{false};
  std::vector<std::int64_t> stamps_;
  std::size_t next_ = 0;
  std::unique_ptr<Reader> reader_;
  std::shared_ptr<const CodecParameters> parameters_;
};

TEST(TimeStampRange, ARealtimeSourceDoesNotWaitForStampsThatJump) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.mkv", {.frames = 8});
  const std::vector<std::int64_t> stamps = {kMost, kLeast, 0, kMost - 1, kMost, kLeast, kLeast + 1};
  const StopFlag stop{false};
  const testing::TickingClock clock;
  RealtimeReader reader(std::make_unique<Restamped>(folder / "a.mkv", stamps), stop, clock);
  std::size_t packets = 0;
  while (reader.read()) ++packets;
  EXPECT_EQ(packets, stamps.size());
  EXPECT_LE(clock.seconds(), 1);
}

TEST(TimeStampRange, AFrameWithoutAStampDoesNotGoBackFromTheEnd) {
  const TemporaryFolder folder;
  write_test_video(folder / "a.avi", {.frames = 3, .encoder = "mjpeg"});
  Restamped reader(folder / "a.avi", {kMost - 5, AV_NOPTS_VALUE, AV_NOPTS_VALUE});
  const std::unique_ptr<Decoder> decoder = Decoder::create(reader.codec_parameters(), 1);
  std::vector<Frame> frames;
  while (const auto packet = reader.read()) decoder->decode(*packet, frames);
  decoder->flush(frames);
  ASSERT_EQ(frames.size(), 3u);
  for (const Frame& frame : frames) EXPECT_EQ(frame.pts_us(), kMost - 5);
}

}  // namespace
}  // namespace actionflow
