#include "pipeline/graph/stream_name.h"

#include <algorithm>

namespace actionflow {

namespace {

constexpr std::size_t kLongestName = 100;

}  // namespace

std::string wrong_stream_name(const std::string& name, NamedBy by) {
  const bool requested = by == NamedBy::request;
  const bool plain = std::none_of(name.begin(), name.end(), [requested](unsigned char c) {
    return c < 0x20 || c == 0x7F || (requested && (c == '/' || c == '\\'));
  });
  const bool fits = !name.empty() && (!requested || name.size() <= kLongestName);
  if (fits && plain && name != "." && name != "..") return {};
  return std::string("is no name of a stream, expected ") +
         (requested ? "1 to 100 bytes without a slash or a line break" : "a word without a line break") +
         ", and not . or ..";
}

}  // namespace actionflow
