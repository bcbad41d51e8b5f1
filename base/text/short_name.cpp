#include "base/text/short_name.h"

#include <fmt/format.h>

#include "base/hash.h"

namespace actionflow {

std::string short_name(std::string_view name, std::size_t most) {
  if (name.size() <= most) return std::string(name);
  const std::string hash = fmt::format("~{:016x}", fnv1a(name));
  std::size_t kept = most - hash.size();
  const auto is_within_a_letter = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
  while (kept > 0 && is_within_a_letter(name[kept])) --kept;  // of UTF-8
  return std::string(name.substr(0, kept)) + hash;
}

}  // namespace actionflow
