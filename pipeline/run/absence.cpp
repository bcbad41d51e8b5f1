#include "pipeline/run/absence.h"

#include <fmt/format.h>

namespace actionflow {

namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kHour = 60;

std::int64_t time_after(std::int64_t minutes) {
  if (minutes < 10) return 10;
  return (minutes / kHour + 1) * kHour;
}

}  // namespace

std::optional<std::int64_t> Absence::due(std::int64_t now_ns) {
  const std::int64_t minutes = (now_ns - since_ns_) / kMinuteNs;
  if (minutes < next_minutes_) return {};
  next_minutes_ = time_after(minutes);
  return minutes;
}

std::optional<std::int64_t> Absence::told(std::int64_t now_ns) const {
  if (next_minutes_ == 1) return {};
  return (now_ns - since_ns_) / kMinuteNs;
}

std::string Absence::text(std::int64_t minutes) {
  return minutes < kHour ? fmt::format("{} min", minutes)
                         : fmt::format("{} h{}", minutes / kHour,
                                       minutes % kHour == 0 ? "" : fmt::format(" {} min", minutes % kHour));
}

}  // namespace actionflow
