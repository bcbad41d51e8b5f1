#include "pipeline/graph/stream_name.h"

#include <algorithm>

namespace actionflow {

namespace {

constexpr std::size_t kLongestName = 100;

}  // namespace

std::string wrong_stream_name(const std::string& name) {
  const bool plain = std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 0x20 || c == 0x7F || c == '/' || c == '\\';
  });
  if (!name.empty() && name.size() <= kLongestName && plain && name != "." && name != "..") return {};
  return "is no name of a stream, expected 1 to 100 bytes without a slash or a line break, and not . or ..";
}

}  // namespace actionflow
