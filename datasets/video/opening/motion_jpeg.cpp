#include "datasets/video/opening/motion_jpeg.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace actionflow {

namespace {

constexpr int kMarker = 0xff;
constexpr int kStuffed = 0x00;
constexpr int kFirstRestart = 0xd0;
constexpr int kBegin = 0xd8;
constexpr int kEnd = 0xd9;
constexpr std::array<std::uint8_t, 3> kPictureBegins{kMarker, kBegin, kMarker};

// What stands after the picture that the bytes begin with; nothing where it is not whole.
std::span<const std::uint8_t> after_picture(std::span<const std::uint8_t> bytes) {
  std::size_t at = 2;
  while (at + 2 <= bytes.size()) {
    const int marker = bytes[at + 1];
    if (bytes[at] != kMarker || marker == kMarker) {
      ++at;  // coded data, or a byte that fills
    } else if (marker == kEnd) {
      return bytes.subspan(at + 2);
    } else if (marker == kStuffed || (marker >= kFirstRestart && marker <= kBegin)) {
      at += 2;
    } else {
      if (at + 4 > bytes.size()) break;
      at += 2 + static_cast<std::size_t>(bytes[at + 2] << 8 | bytes[at + 3]);
    }
  }
  return {};
}

}  // namespace

bool begins_as_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= kPictureBegins.size() &&
         std::equal(kPictureBegins.begin(), kPictureBegins.end(), bytes.begin());
}

bool is_motion_jpeg(std::span<const std::uint8_t> bytes) {
  if (!begins_as_jpeg(bytes)) return false;
  const std::span<const std::uint8_t> rest = after_picture(bytes);
  return std::search(rest.begin(), rest.end(), kPictureBegins.begin(), kPictureBegins.end()) != rest.end();
}

}  // namespace actionflow
