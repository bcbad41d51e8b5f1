#include <algorithm>
#include <cstddef>

#include "datasets/pictures/encoding/picture_encoder.h"
#include "datasets/pictures/encoding/png.h"

namespace actionflow {

std::string encode_png(const RgbPicture& picture) {
  const UniqueFrame frame = new_picture(AV_PIX_FMT_RGB24, picture.width, picture.height);
  const auto row = static_cast<std::size_t>(picture.width) * 3;
  for (int y = 0; y < picture.height; ++y) {
    std::copy_n(picture.pixels.data() + static_cast<std::size_t>(y) * row, row,
                frame->data[0] + static_cast<std::ptrdiff_t>(y) * frame->linesize[0]);
  }
  return encode_picture(AV_CODEC_ID_PNG, *frame);
}

}  // namespace actionflow
