// Against torchcodec's reference videos: its lists of time stamps, and its frames, which it made with
// swscale, bilinear, without further flags; the same conversion stands here.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/video/ffmpeg.h"
#include "tests/datasets/video/read_video.h"
#include "tests/datasets/video/torch_file.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::Decoded;
using testing::read_all;
using testing::read_torch_bytes;

std::vector<std::uint8_t> to_rgb(const AVFrame& picture, int flags) {
  const UniqueScaler scaler(
      sws_getContext(picture.width, picture.height, static_cast<AVPixelFormat>(picture.format), picture.width,
                     picture.height, AV_PIX_FMT_RGB24, flags, nullptr, nullptr, nullptr));
  const int* coefficients = sws_getCoefficients(picture.colorspace);
  sws_setColorspaceDetails(scaler.get(), coefficients, picture.color_range == AVCOL_RANGE_JPEG, coefficients,
                           1, 0, 1 << 16, 1 << 16);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(picture.width) * picture.height * 3);
  std::uint8_t* planes[4] = {rgb.data()};
  const int strides[4] = {picture.width * 3};
  sws_scale(scaler.get(), picture.data, picture.linesize, 0, picture.height, planes, strides);
  return rgb;
}

struct Difference {
  int largest = 0;
  double mean = 0;
};

Difference compare(const std::vector<std::uint8_t>& ours, const std::vector<std::uint8_t>& theirs) {
  Difference difference;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const int each = std::abs(int{ours[i]} - int{theirs[i]});
    difference.largest = std::max(difference.largest, each);
    difference.mean += each;
  }
  difference.mean /= static_cast<double>(ours.size());
  return difference;
}

// Compares each VIDEO.streamN.frameNNNNNN.pt; returns how many there were.
int compare_frames(const fs::path& video, const std::string& stream) {
  const Decoded decoded = read_all(video);
  const std::string start = video.filename().string() + "." + stream + ".frame";
  int compared = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(video.parent_path())) {
    const std::string name = entry.path().filename().string();
    constexpr std::uintmax_t kLinkBytes = 1000;  // one entry is the text of a link to another
    if (!name.starts_with(start) || entry.file_size() < kLinkBytes) continue;
    const std::size_t number = std::stoul(name.substr(start.size()));
    if (number >= decoded.frames.size()) {
      ADD_FAILURE() << name << ": only " << decoded.frames.size() << " frames";
      continue;
    }
    const std::vector<std::uint8_t> ours = to_rgb(*decoded.frames[number].picture(), SWS_BILINEAR);
    const Difference difference = compare(ours, read_torch_bytes(entry.path(), ours.size()));
    EXPECT_LE(difference.largest, 2) << name << ", mean " << difference.mean;
    ++compared;
  }
  return compared;
}

TEST(Golden, TimeStampsOfEveryFrameAreTorchcodecs) {
  REQUIRE_REAL_DATA(video, "golden/torchcodec/nasa_13013.mp4");
  const Decoded decoded = read_all(video);
  std::ifstream stream(video.string() + ".stream3.all_frames_info.json");
  const nlohmann::json expected = nlohmann::json::parse(stream);
  ASSERT_EQ(decoded.frames.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double seconds = std::stod(expected[i]["pts_time"].get<std::string>());
    EXPECT_EQ(decoded.frames[i].pts_us(), std::llround(seconds * 1e6)) << i;
  }
}

TEST(Golden, PixelsOfH264AreTorchcodecsWithinTwo) {
  REQUIRE_REAL_DATA(video, "golden/torchcodec/nasa_13013.mp4");
  EXPECT_EQ(compare_frames(video, "stream3"), 19);
}

TEST(Golden, PixelsOfH265AreTorchcodecsWithinTwo) {
  REQUIRE_REAL_DATA(video, "golden/torchcodec/h265_video.mp4");
  EXPECT_EQ(compare_frames(video, "stream0"), 1);
}

TEST(Golden, PixelsOfAv1AreTorchcodecsWithinTwo) {
  REQUIRE_REAL_DATA(video, "golden/torchcodec/av1_video.mkv");
  EXPECT_EQ(compare_frames(video, "stream0"), 1);
}

TEST(Golden, TenBitAndFullRangeVideosDecode) {
  REQUIRE_REAL_DATA(folder, "golden/torchcodec");
  for (const char* name : {"h264_10bits.mp4", "h265_10bits.mp4"}) {
    const Decoded decoded = read_all(folder / name);
    ASSERT_EQ(decoded.frames.size(), 30u) << name;
    EXPECT_EQ(decoded.frames[0].picture()->format, AV_PIX_FMT_YUV420P10LE) << name;
    EXPECT_EQ(decoded.damaged, 0) << name;
  }
  const Decoded full = read_all(folder / "bt709_full_range.mp4");
  ASSERT_EQ(full.frames.size(), 30u);
  EXPECT_EQ(full.frames[0].picture()->color_range, AVCOL_RANGE_JPEG);
  EXPECT_EQ(full.frames[0].picture()->colorspace, AVCOL_SPC_BT709);
}

}  // namespace
}  // namespace actionflow
