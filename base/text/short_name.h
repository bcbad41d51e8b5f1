// Names of files that would be too long for a file system.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace actionflow {

// The name, or, where it has more than `most` bytes (at least 40), its beginning with the hash of all of it.
std::string short_name(std::string_view name, std::size_t most);

}  // namespace actionflow
