// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/. Not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace actionflow {

inline constexpr std::uint64_t kFnvStart = 0xCBF29CE484222325;

// Of `text` after what is hashed already, so pieces give the same as the whole.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t hashed = kFnvStart) {
  for (const char c : text) hashed = (hashed ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hashed;
}

}  // namespace actionflow
