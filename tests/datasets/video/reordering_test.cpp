#include "datasets/video/readers/reordering.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "datasets/video/decoding/decoder.h"
#include "tests/datasets/video/read_video.h"
#include "tests/tools/temporary_folder.h"

namespace actionflow {
namespace {

using testing::source_of;

constexpr std::int64_t kStepNs = 40'000'000;

std::filesystem::path film(const testing::TemporaryFolder& folder, const std::string& b_frames) {
  const std::filesystem::path file = folder / "a.mp4";
  EXPECT_EQ(std::system(("ffmpeg -v error -y -nostdin -f lavfi -i testsrc=size=64x48:rate=25 -frames:v 60 "
                         "-c:v libx264 -g 30 -sc_threshold 0 " +
                         b_frames + " " + file.string())
                            .c_str()),
            0);
  return file;
}

// From when a picture could be shown until it was decoded, in packets, of all but the last; packets come one
// each 40 ms.
std::vector<std::int64_t> waits(const std::filesystem::path& file, int codec_threads) {
  const StopFlag stop{false};
  const auto reader = Reader::open(source_of(file), stop);
  const auto decoder = Decoder::create(reader->codec_parameters(), codec_threads);
  std::vector<std::int64_t> waited;
  std::int64_t now_ns = 0;
  while (auto packet = reader->read()) {
    packet->set_arrival_ns(now_ns += kStepNs);
    std::vector<Frame> frames;
    decoder->decode(*packet, frames);
    for (const Frame& frame : frames) waited.push_back((now_ns - frame.arrival_ns()) / kStepNs);
  }
  return waited;
}

TEST(ReorderedPictures, HaveArrivedWhenTheirStreamLetsThemBeShown) {
  const testing::TemporaryFolder folder;
  for (const char* b_frames : {"-bf 3 -x264-params b-adapt=0:b-pyramid=normal",
                               "-bf 2 -x264-params b-adapt=0:b-pyramid=none", "-bf 0"}) {
    const std::vector<std::int64_t> waited = waits(film(folder, b_frames), 1);
    ASSERT_GT(waited.size(), 40U);
    EXPECT_EQ(waited, std::vector<std::int64_t>(waited.size(), 0)) << b_frames;
  }
}

TEST(ReorderedPictures, AreLateByWhatTheDecoderItselfHoldsBack) {
  const testing::TemporaryFolder folder;
  for (const std::int64_t wait : waits(film(folder, "-bf 2 -x264-params b-adapt=0:b-pyramid=none"), 3))
    EXPECT_GE(wait, 1) << "three threads take a picture each";
}

TEST(ReorderedPictures, AreLateByTheirOrder) {
  const testing::TemporaryFolder folder;
  const auto seconds = [&](const std::string& b_frames) {
    const StopFlag stop{false};
    return reordering_seconds(*Reader::open(source_of(film(folder, b_frames)), stop));
  };
  EXPECT_NEAR(seconds("-bf 3 -x264-params b-adapt=0:b-pyramid=normal"), 0.2, 1e-6);
  EXPECT_NEAR(seconds("-bf 2 -x264-params b-adapt=0:b-pyramid=none"), 0.12, 1e-6);
  EXPECT_EQ(seconds("-bf 0"), 0);
}

}  // namespace
}  // namespace actionflow
