#include "datasets/video/file_stretch.h"

#include <charconv>
#include <limits>

namespace actionflow {

namespace {

constexpr std::string_view kArchive = ".tar/";

// Takes a number and the character behind it off the front; false where they do not stand there.
bool take_number(std::string_view& text, char behind, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto digits = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || digits == text.size() || text[digits] != behind) return false;
  text.remove_prefix(digits + 1);
  return true;
}

}  // namespace

std::string FileStretch::name() const {
  return file + "/" + std::to_string(offset) + "+" + std::to_string(size) + "/" + member;
}

std::optional<FileStretch> file_stretch(std::string_view name) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (std::size_t at = name.find(kArchive); at != std::string_view::npos; at = name.find(kArchive, at + 1)) {
    const std::size_t end = at + kArchive.size() - 1;
    std::string_view rest = name.substr(end + 1);
    FileStretch stretch;
    if (!take_number(rest, '+', stretch.offset) || !take_number(rest, '/', stretch.size) || rest.empty())
      continue;
    if (stretch.offset > kMost || stretch.size > kMost - stretch.offset) continue;
    stretch.file = name.substr(0, end);
    stretch.member = rest;
    return stretch;
  }
  return std::nullopt;
}

}  // namespace actionflow
