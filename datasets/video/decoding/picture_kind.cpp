#include "datasets/video/decoding/picture_kind.h"

#include <array>
#include <fstream>
#include <string_view>

#include "base/files/file_kind.h"

namespace actionflow {

PictureKind picture_kind(const std::filesystem::path& file) {
  std::array<char, 64> begin{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), begin.size());
  const std::string_view format = picture_format({begin.data(), static_cast<std::size_t>(stream.gcount())});
  const AVCodecID codec = format == "JPEG"  ? AV_CODEC_ID_MJPEG
                          : format == "PNG" ? AV_CODEC_ID_PNG
                                            : AV_CODEC_ID_NONE;
  return {std::string(format), codec};
}

}  // namespace actionflow
