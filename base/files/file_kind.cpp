#include "base/files/file_kind.h"

#include <array>

namespace actionflow {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  std::string_view kind;
  std::string_view picture = {};  // its format, of pictures
};

// Of two that fit the first counts.
constexpr std::array kSignatures{
    Signature{0, "\xFF\xD8\xFF"sv, "a JPEG picture"sv, "JPEG"sv},
    Signature{0, "\x89PNG"sv, "a PNG picture"sv, "PNG"sv},
    Signature{0, "GIF8"sv, "a GIF picture"sv, "GIF"sv},
    Signature{8, "WEBP"sv, "a WebP picture"sv, "WebP"sv},
    Signature{0, "BM"sv, "a BMP picture"sv, "BMP"sv},
    Signature{0, "II*\0"sv, "a TIFF picture"sv, "TIFF"sv},
    Signature{0, "MM\0*"sv, "a TIFF picture"sv, "TIFF"sv},
    Signature{4, "ftypheic"sv, "a HEIC picture"sv, "HEIC"sv},
    Signature{4, "ftypmif1"sv, "a HEIF picture"sv, "HEIF"sv},
    Signature{4, "ftypavif"sv, "an AVIF picture"sv, "AVIF"sv},
    Signature{0, "\xFF\x0A"sv, "a JPEG XL picture"sv, "JPEG XL"sv},
    Signature{0, "\0\0\0\x0CJXL "sv, "a JPEG XL picture"sv, "JPEG XL"sv},
    Signature{0, "\0\0\0\x0CjP  "sv, "a JPEG 2000 picture"sv, "JPEG 2000"sv},
    Signature{4, "ftyp"sv, "an MP4 or MOV video"sv},
    Signature{0, "\x1A\x45\xDF\xA3"sv, "a Matroska or WebM video"sv},
    Signature{8, "AVI "sv, "an AVI video"sv},
    Signature{0, "FLV"sv, "an FLV video"sv},
    Signature{0, "\x00\x00\x01\xBA"sv, "an MPEG video"sv},
    Signature{0, "\x89HDF\r\n\x1A\n"sv, "an HDF5 file, as Keras' weights are"sv},
    Signature{0, "PK\x03\x04"sv, "a zip archive, as Keras 3 and PyTorch write them"sv},
    Signature{0, "\x93NUMPY"sv, "a NumPy array"sv},
    Signature{8, "{\""sv, "a safetensors file of weights"sv},
    Signature{0,
              "\x7F"
              "ELF"sv,
              "a program"sv},
    Signature{0, "%PDF"sv, "a PDF document"sv},
    Signature{0, "\x1F\x8B"sv, "a gzip archive"sv},
};

Signature signature_of(std::string_view head) {
  for (const Signature& signature : kSignatures) {
    if (head.size() > signature.at && head.substr(signature.at).starts_with(signature.bytes))
      return signature;
  }
  return {};
}

}  // namespace

std::string_view file_kind(std::string_view head) { return signature_of(head).kind; }

std::string_view picture_format(std::string_view head) { return signature_of(head).picture; }

}  // namespace actionflow
