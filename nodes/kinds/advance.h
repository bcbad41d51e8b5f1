// Whether windows that overlap share what they have in common, by an option of network nodes and by
// --advance.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "base/config/config.h"

namespace actionflow {

enum class Advance {
  automatic,    // exact, where that can be and pays
  exact,        // computed once, with the results of whole windows to the bit
  approximate,  // computed once, with results that differ for networks that pad windows in time
  off,          // each window by itself
};

std::string_view to_string(Advance advance);

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::Advance> {
  using Advance = actionflow::Advance;
  static constexpr std::array<std::pair<Advance, std::string_view>, 4> names{
      {{Advance::exact, "exact"},
       {Advance::approximate, "approximate"},
       {Advance::off, "off"},
       {Advance::automatic, "auto"}}};
};

inline std::string_view actionflow::to_string(Advance advance) {
  for (const auto& [known, name] : config::EnumNames<Advance>::names)
    if (known == advance) return name;
  return {};
}
