// What has to hold of a network as a whole, once its layers stand. What does not goes to Diagnostics, at the
// layer's place.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "models/description/architecture.h"

namespace actionflow {

inline constexpr std::size_t kMostClasses = 100'000;

// "class 0", "class 1", …
std::vector<std::string> numbered_classes(std::size_t count);

// Every layer but the last is read by another.
void check_all_used(const Architecture& architecture, config::Diagnostics& diagnostics);

// The result has a score a class, at one step or, for streams, at each. A network without `classes:` has as
// many as its result says, if that is a vector.
void settle_classes(Architecture& architecture, config::Diagnostics& diagnostics);

// A network for streams ends in action scores, and every layer of it is causal.
void check_streams(const Architecture& architecture, config::Diagnostics& diagnostics);

}  // namespace actionflow
