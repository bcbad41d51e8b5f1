// Packets held and written again as they came, from real encoders.
#include "datasets/video/writing/packet_ring.h"

#include <gtest/gtest.h>

#include "datasets/video/stream_parameters.h"
#include "datasets/video/writing/packet_writer.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"

namespace actionflow {
namespace {

using testing::read_all;
using testing::TemporaryFolder;
using testing::write_test_video;

constexpr std::size_t kMuch = std::size_t{1} << 30;

class Packets : public ::testing::Test {
 protected:
  // 100 pictures, four seconds, a key frame each second.
  std::unique_ptr<Reader> open(const std::string& name = "in.mp4", const std::string& encoder = {}) {
    write_test_video(folder_ / name, {.frames = 100, .encoder = encoder, .keyframe_interval = 25});
    SourceOptions options;
    options.source = folder_ / name;
    return Reader::open(options, never_);
  }

  static void fill(PacketRing& ring, Reader& reader) {
    ring.begin(reader.codec_parameters());
    while (auto packet = reader.read()) ring.push(*packet);
  }

  const StopFlag never_{false};
  TemporaryFolder folder_;
};

TEST_F(Packets, AreHeldForSecondsFromAKeyFrameOn) {
  const auto reader = open();
  PacketRing ring(1.5, kMuch);
  fill(ring, *reader);
  EXPECT_EQ(ring.first(), 50) << "the third second's key frame reaches 1.5 s back, the fourth's would not";
  EXPECT_EQ(ring.end(), 100);
  EXPECT_EQ(ring.key_frame(ring.pts_us(80)), 75);
  EXPECT_EQ(ring.key_frame(0), 50) << "the first held, where none is so old";
}

TEST_F(Packets, AreHeldUpToSoManyBytes) {
  const auto reader = open();
  PacketRing all(100, kMuch);
  fill(all, *reader);
  const std::size_t whole = all.bytes();
  const auto again = open();
  PacketRing ring(100, whole / 2);
  fill(ring, *again);
  EXPECT_LE(ring.bytes(), whole / 2);
  EXPECT_EQ(ring.first() % 25, 0);
  EXPECT_GT(ring.first(), 0);

  const auto once_more = open();
  PacketRing none(100, 10);
  fill(none, *once_more);
  EXPECT_EQ(none.bytes(), 0U) << "a stretch beyond the bound by itself";
}

TEST_F(Packets, BecomeAFileWithTheSamePicturesInEachContainer) {
  struct Case {
    const char *file, *encoder, *suffix;
  };
  for (const Case& one :
       {Case{"in.mp4", "", ".mp4"}, Case{"in.avi", "mpeg4", ".mp4"}, Case{"in.ts", "", ".mp4"},
        Case{"in.webm", "", ".webm"}, Case{"in.mkv", "mjpeg", ".mkv"}}) {
    const auto reader = open(one.file, one.encoder);
    PacketRing ring(100, kMuch);
    fill(ring, *reader);
    const std::string suffix = PacketWriter::suffix_for(*ring.parameters());
    EXPECT_EQ(suffix, one.suffix) << one.file;
    const auto out = folder_ / ("out" + suffix);
    const std::int64_t first = ring.key_frame(ring.pts_us(60));
    {
      PacketWriter writer(out, suffix, *ring.parameters(), ring.at(first));
      for (std::int64_t number = first; number < ring.end(); ++number) writer.write(ring.at(number));
      writer.finish();
    }
    const testing::Decoded whole = read_all(folder_ / one.file);
    const testing::Decoded copy = read_all(out);
    ASSERT_EQ(static_cast<std::int64_t>(copy.frames.size()), 100 - first) << one.file;
    EXPECT_EQ(copy.damaged, 0) << one.file;
    EXPECT_LE(copy.frames.front().pts_us(), 1000) << one.file << ": its first picture stands at 0";
    const auto shift = whole.frames[static_cast<std::size_t>(first)].pts_us() - copy.frames.front().pts_us();
    for (std::size_t k = 0; k < copy.frames.size(); ++k)
      EXPECT_NEAR(copy.frames[k].pts_us() + shift, whole.frames[static_cast<std::size_t>(first) + k].pts_us(),
                  1100)
          << one.file << " " << k;
  }
}

TEST_F(Packets, LeaveNoFileBehindThatWasNotFinished) {
  const auto reader = open();
  PacketRing ring(100, kMuch);
  fill(ring, *reader);
  {
    PacketWriter writer(folder_ / "out.part", ".mp4", *ring.parameters(), ring.at(0));
    writer.write(ring.at(0));
    EXPECT_TRUE(std::filesystem::exists(folder_ / "out.part"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.part"));
  EXPECT_THROW(PacketWriter(folder_ / "none/out.mp4", ".mp4", *ring.parameters(), ring.at(0)), Error);
  CodecParameters odd;
  odd.codec.reset(avcodec_parameters_alloc());
  odd.codec->codec_type = AVMEDIA_TYPE_VIDEO;
  odd.codec->codec_id = AV_CODEC_ID_H264;  // whose packets these are not
  auto data = std::make_shared<Packet::Data>();
  data->packet.reset(av_packet_alloc());
  EXPECT_THROW(PacketWriter(folder_ / "odd.part", ".mkv", odd, Packet(data, 0)), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "odd.part"));
}

// As HTTP cameras of single pictures give it, and streams that are joined between key frames.
TEST_F(Packets, BecomeAFileWhereNobodySaidHowLargeTheirPicturesAre) {
  for (const auto& [file, encoder] : {std::pair("in.ts", ""), std::pair("in.mkv", "mjpeg")}) {
    const auto reader = open(file, encoder);
    PacketRing ring(100, kMuch);
    fill(ring, *reader);
    const CodecParameters& said = *ring.parameters();
    CodecParameters bare;
    bare.codec.reset(avcodec_parameters_alloc());
    bare.codec->codec_type = said.codec->codec_type;
    bare.codec->codec_id = said.codec->codec_id;
    bare.time_base = said.time_base;
    bare.frame_rate = said.frame_rate;
    const std::string suffix = PacketWriter::suffix_for(bare);
    const auto out = folder_ / ("bare" + suffix);
    {
      PacketWriter writer(out, suffix, bare, ring.at(0));
      for (std::int64_t number = 0; number < ring.end(); ++number) writer.write(ring.at(number));
      writer.finish();
    }
    const testing::Decoded copy = read_all(out);
    EXPECT_EQ(copy.frames.size(), 100U) << file;
    EXPECT_EQ(copy.frames.front().coded_width(), read_all(folder_ / file).frames.front().coded_width())
        << file;
  }
}

}  // namespace
}  // namespace actionflow
