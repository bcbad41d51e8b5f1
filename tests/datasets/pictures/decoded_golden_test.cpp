// Videos in the forms that cameras and telephones record (tests/golden/make_video_goldens.py), against what
// the ffmpeg program decodes of them.
extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/md5.h>
#include <libavutil/pixdesc.h>
}

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/pictures/prepare.h"
#include "tests/datasets/make_video.h"
#include "tests/datasets/video/read_video.h"
#include "tests/test_data.h"

namespace actionflow {
namespace {

namespace fs = std::filesystem;
using testing::Decoded;

nlohmann::json goldens() {
  std::ifstream file(testing::golden("videos/goldens.json"));
  return nlohmann::json::parse(file);
}

// Of the planes without padding.
std::string md5_of(const AVFrame& picture) {
  const auto format = static_cast<AVPixelFormat>(picture.format);
  std::vector<std::uint8_t> planes(
      static_cast<std::size_t>(av_image_get_buffer_size(format, picture.width, picture.height, 1)));
  av_image_copy_to_buffer(planes.data(), static_cast<int>(planes.size()), picture.data, picture.linesize,
                          format, picture.width, picture.height, 1);
  std::array<std::uint8_t, 16> sum{};
  av_md5_sum(sum.data(), planes.data(), planes.size());
  std::string text;
  for (const std::uint8_t byte : sum) text += fmt::format("{:02x}", byte);
  return text;
}

void expect_near(const Frame& frame, const nlohmann::json& expected, const std::string& what) {
  InputSpec form;
  form.width = form.height = 4;
  form.channels = 1;
  form.color = ColorOrder::gray;
  const PreparedFramePtr prepared = Preparer(form).prepare(frame);
  ASSERT_EQ(prepared->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(prepared->data()[i], expected[i].get<double>(), 1) << what << ", value " << i;
}

class DecodedGolden : public ::testing::TestWithParam<std::string> {
 protected:
  // A single picture is read as a folder of one.
  Decoded decode() const {
    const fs::path file = testing::golden("videos") / GetParam();
    if (file.extension() != ".jpg") return testing::read_all(file);
    const testing::TemporaryFolder folder;
    fs::copy_file(file, folder / GetParam());
    return testing::read_all(folder.path());
  }
};

TEST_P(DecodedGolden, HasTheFramesTimesAndPixelsOfFfmpeg) {
  const nlohmann::json golden = goldens()[GetParam()];
  const Decoded decoded = decode();
  const nlohmann::json& frames = golden["frames"];
  ASSERT_EQ(decoded.frames.size(), frames.size());
  EXPECT_EQ(decoded.damaged, 0);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Frame& frame = decoded.frames[i];
    EXPECT_EQ(frame.pts_us(), frames[i]["pts_us"]) << i;
    EXPECT_EQ(av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.picture()->format)),
              golden["pixel_format"].get<std::string>());
    if (frames[i].contains("md5")) {
      EXPECT_EQ(md5_of(*frame.picture()), frames[i]["md5"]) << i;
    }
  }
  expect_near(decoded.frames.front(), golden["upright"][0], "first frame");
  expect_near(decoded.frames.back(), golden["upright"][1], "last frame");
}

std::vector<std::string> names() {
  const nlohmann::json all = goldens();
  std::vector<std::string> names;
  for (const auto& [name, golden] : all.items()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, DecodedGolden, ::testing::ValuesIn(names()),
                         [](const auto& one) { return fs::path(one.param).stem().string(); });

}  // namespace
}  // namespace actionflow
