#include "datasets/video/decoding/picture_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

#include "base/files/file_kind.h"

namespace actionflow {

namespace {

bool is_text(std::string_view bytes) {
  return !bytes.empty() && std::none_of(bytes.begin(), bytes.end(), [](unsigned char c) {
    return c == 0x7f || (c < ' ' && !std::isspace(c));
  });
}

}  // namespace

PictureKind picture_kind(const std::filesystem::path& file) {
  std::array<char, 64> begin{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), begin.size());
  const std::string_view head(begin.data(), static_cast<std::size_t>(stream.gcount()));
  const std::string_view format = picture_format(head);
  const AVCodecID codec = format == "JPEG"  ? AV_CODEC_ID_MJPEG
                          : format == "PNG" ? AV_CODEC_ID_PNG
                                            : AV_CODEC_ID_NONE;
  const std::string_view kind = file_kind(head);
  return {std::string(format), codec, std::string(kind.empty() && is_text(head) ? "text" : kind)};
}

}  // namespace actionflow
