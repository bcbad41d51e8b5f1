// Times of the day as people and programs write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace actionflow {

// Nanoseconds since 1970, UTC, of "2026-11-29", "2026-11-29 16:05", "2026-11-29T16:05:30.250Z" or
// "…+01:00" (without a zone: UTC), or of how long before `now_ns` it was: "90 s", "5 min", "2 h", "3 d".
// What lies before 1970 is 1970, what after 2262 the end of that. nullopt for anything else, and for days
// that no calendar has.
std::optional<std::int64_t> time_of(std::string_view text, std::int64_t now_ns);

}  // namespace actionflow
