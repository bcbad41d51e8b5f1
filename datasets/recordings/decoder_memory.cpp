#include "datasets/recordings/decoder_memory.h"

#include <algorithm>

#include "base/error.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

namespace {

constexpr std::size_t kPictures = 12;

}  // namespace

std::size_t decoder_bytes(const SourceOptions& source) {
  try {
    const StopFlag never{false};
    const StreamInfo info = Reader::open(source, never)->info();
    const auto pixels = static_cast<std::size_t>(std::max(0, info.width)) *
                        static_cast<std::size_t>(std::max(0, info.height));
    return kPictures * pixels * 3 / 2;  // 4:2:0
  } catch (const SourceError&) {
    return 0;
  }
}

}  // namespace actionflow
