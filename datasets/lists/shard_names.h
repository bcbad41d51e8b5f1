// Names of tar archives, one or many: "train-{000..127}.tar" are 128.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace actionflow {

// Whether a list's name is that of archives: it ends in .tar.
bool names_shards(std::string_view name);

// Each {A..B} as the numbers from A to B, with as many digits as A has; a name without is itself. Throws
// UsageError for more than 100 000 and for a range that goes down.
std::vector<std::string> shard_names(const std::string& name);

}  // namespace actionflow
