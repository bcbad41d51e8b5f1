// The order in which people count names: 2.jpg before 10.jpg.
#pragma once

#include <string_view>

namespace actionflow {

// Whether `a` stands before `b`: digits count as numbers, everything else as bytes. A strict order: only
// equal names stand on one place.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace actionflow
