#include "datasets/video/picture_kind.h"

#include <array>
#include <fstream>
#include <string_view>

namespace actionflow {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  std::size_t at;
  std::string_view name;
  AVCodecID codec;
};

constexpr std::array kSignatures{
    Signature{"\xff\xd8\xff"sv, 0, "JPEG", AV_CODEC_ID_MJPEG},
    Signature{"\x89PNG\r\n\x1a\n"sv, 0, "PNG", AV_CODEC_ID_PNG},
    Signature{"GIF8"sv, 0, "GIF", AV_CODEC_ID_NONE},
    Signature{"WEBP"sv, 8, "WebP", AV_CODEC_ID_NONE},
    Signature{"BM"sv, 0, "BMP", AV_CODEC_ID_NONE},
    Signature{"II*\0"sv, 0, "TIFF", AV_CODEC_ID_NONE},
    Signature{"MM\0*"sv, 0, "TIFF", AV_CODEC_ID_NONE},
    Signature{"ftypheic"sv, 4, "HEIC", AV_CODEC_ID_NONE},
    Signature{"ftypmif1"sv, 4, "HEIF", AV_CODEC_ID_NONE},
    Signature{"ftypavif"sv, 4, "AVIF", AV_CODEC_ID_NONE},
    Signature{"\xff\x0a"sv, 0, "JPEG XL", AV_CODEC_ID_NONE},
    Signature{"\0\0\0\x0cJXL "sv, 0, "JPEG XL", AV_CODEC_ID_NONE},
    Signature{"\0\0\0\x0cjP  "sv, 0, "JPEG 2000", AV_CODEC_ID_NONE},
};

}  // namespace

PictureKind picture_kind(const std::filesystem::path& file) {
  std::array<char, 16> begin{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), begin.size());
  const std::string_view bytes(begin.data(), static_cast<std::size_t>(stream.gcount()));
  for (const Signature& each : kSignatures) {
    if (bytes.size() >= each.at && bytes.substr(each.at).starts_with(each.bytes))
      return {std::string(each.name), each.codec};
  }
  return {};
}

}  // namespace actionflow
