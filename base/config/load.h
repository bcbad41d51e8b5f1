// A file read as far as it goes, to tell all that is wrong in it at once.
#pragma once

#include "base/config/config.h"

namespace actionflow::config {

// As load(), but what is wrong in a file that can be read all the same, such as a key that stands twice, goes
// to `diagnostics`: the first such key is in the value. Throws ConfigError where the file cannot be read to
// its end.
Value load(const std::filesystem::path& file, std::span<const Override> overrides, Diagnostics& diagnostics);

}  // namespace actionflow::config
