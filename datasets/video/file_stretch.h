// A video that is a stretch of a larger file, as the members of tar archives are.
//
// Its name is FILE.tar/OFFSET+SIZE/MEMBER, so that it says where its bytes lie to whoever opens it, local or
// remote: "shards/train-000.tar/1536+88211/clip7.mp4".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace actionflow {

struct FileStretch {
  std::string file;
  std::uint64_t offset = 0, size = 0;  // bytes
  std::string member;

  std::string name() const;
};

// The stretch that a name of that form says.
std::optional<FileStretch> file_stretch(std::string_view name);

}  // namespace actionflow
