// Patterns of parameter names, as recipes write them: "stem.*", "*.gamma", "fc.?ernel".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "models/description/architecture.h"

namespace actionflow {

// `*` stands for any run of characters, dots too, `?` for one; all else for itself. Of the whole name.
bool matches_pattern(std::string_view name, std::string_view pattern);

// The first pattern that the name matches; null where none does.
const std::string* matching_pattern(std::string_view name, std::span<const std::string> patterns);

// ModelError for a pattern that matches none of the network's parameters, which is a slip: `key` names
// where it was written ("init.skip").
void check_patterns(std::span<const std::string> patterns, const Architecture& architecture,
                    std::string_view key);

}  // namespace actionflow
