#include "datasets/pictures/encoding/jpeg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "datasets/pictures/encoding/picture_encoder.h"

namespace actionflow {

namespace {

constexpr int kQuality = 5;

// JFIF's: luma, then the two colour differences around 128.
constexpr std::array<std::array<double, 4>, 3> kFromRgb{
    {{0.299, 0.587, 0.114, 0}, {-0.168736, -0.331264, 0.5, 128}, {0.5, -0.418688, -0.081312, 128}}};

std::uint8_t plane_value(const std::array<double, 4>& row, const std::uint8_t* rgb) {
  const double value = row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2] + row[3];
  return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

}  // namespace

std::string encode_jpeg(const RgbPicture& picture) {
  const UniqueFrame frame = new_picture(AV_PIX_FMT_YUVJ444P, picture.width, picture.height);
  for (std::size_t plane = 0; plane < kFromRgb.size(); ++plane) {
    const std::uint8_t* rgb = picture.pixels.data();
    for (int y = 0; y < picture.height; ++y) {
      std::uint8_t* row = frame->data[plane] + static_cast<std::ptrdiff_t>(y) * frame->linesize[plane];
      for (int x = 0; x < picture.width; ++x, rgb += 3) row[x] = plane_value(kFromRgb[plane], rgb);
    }
  }
  return encode_picture(AV_CODEC_ID_MJPEG, *frame, kQuality);
}

}  // namespace actionflow
