// What a picture file holds, told by its first bytes; its name's suffix is often wrong.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/video/ffmpeg.h"

namespace actionflow {

struct PictureKind {
  std::string name;                    // "PNG", for messages; empty: not a kind that is known here
  AVCodecID codec = AV_CODEC_ID_NONE;  // of those that are decoded, JPEG and PNG
  std::string holds;                   // "a PNG picture", "text", "a PDF document"; empty: nothing known
};

// Never throws: of a file that cannot be read nothing is known.
PictureKind picture_kind(const std::filesystem::path& file);

}  // namespace actionflow
