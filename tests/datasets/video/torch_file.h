// The bytes of a uint8 tensor saved by torch: a zip archive whose entry NAME/data/0 is stored as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace actionflow::testing {

inline std::vector<std::uint8_t> read_torch_bytes(const std::filesystem::path& path, std::size_t size) {
  std::ifstream stream(path, std::ios::binary);
  const std::string archive((std::istreambuf_iterator<char>(stream)), {});
  constexpr std::size_t kLocalHeaderBytes = 30;
  const auto number = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(archive[at])) |
           static_cast<std::size_t>(static_cast<unsigned char>(archive[at + 1])) << 8;
  };
  for (std::size_t at = archive.find("PK\3\4"); at != std::string::npos;
       at = archive.find("PK\3\4", at + 1)) {
    if (at + kLocalHeaderBytes > archive.size()) break;
    const std::size_t name_bytes = number(at + 26);
    const std::size_t begin = at + kLocalHeaderBytes + name_bytes + number(at + 28);
    const std::string name = archive.substr(at + kLocalHeaderBytes, name_bytes);
    const bool stored = number(at + 8) == 0;
    if (stored && name.ends_with("/data/0") && begin + size <= archive.size())
      return {archive.begin() + static_cast<std::ptrdiff_t>(begin),
              archive.begin() + static_cast<std::ptrdiff_t>(begin + size)};
  }
  throw std::runtime_error(path.string() + ": no stored tensor of " + std::to_string(size) + " bytes");
}

}  // namespace actionflow::testing
