#include "datasets/lists/text/action_times.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace actionflow {

namespace {

// As programs write numbers: "+2", "4.", ".5" and "1e1" too.
std::optional<double> decimal_of(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<double> seconds_of(std::string_view text) {
  double seconds = 0;
  for (int places = 0; places < 3; ++places) {
    const std::size_t colon = text.find(':');
    const std::optional<double> number = decimal_of(text.substr(0, colon));
    if (!number) return std::nullopt;
    seconds = 60 * seconds + *number;
    if (colon == std::string_view::npos) return seconds;
    text.remove_prefix(colon + 1);
  }
  return std::nullopt;
}

std::optional<TimeSpan> span_of(std::string_view what, std::string_view start, std::string_view end,
                                const std::string& place, ListErrors& errors) {
  const std::optional<double> from = seconds_of(start), to = seconds_of(end);
  const bool start_good = from && std::isfinite(*from);
  if (start_good && to && std::isfinite(*to)) return span_of(what, *from, *to, place, errors);
  errors.add(place, fmt::format("the {}'s {} is '{}', expected seconds, as 12 or 12.5", what,
                                start_good ? "end" : "start", start_good ? end : start));
  return std::nullopt;
}

std::optional<TimeSpan> span_of(std::string_view what, double start, double end, const std::string& place,
                                ListErrors& errors) {
  if (!std::isfinite(start) || !std::isfinite(end))
    errors.add(place, fmt::format("the {} goes from {:g} to {:g} s, expected numbers", what, start, end));
  else if (start < 0)
    errors.add(place,
               fmt::format("the {} starts at {:g} s, before the video, expected 0 or more", what, start));
  else if (end <= start)
    errors.add(place, fmt::format("the {} from {:g} to {:g} s ends before it begins", what, start, end));
  else
    return TimeSpan{start, end};
  return std::nullopt;
}

std::optional<TimeSpan> span_of_frames(double first, double last, double rate, const std::string& place,
                                       ListErrors& errors) {
  if (rate > 0) return span_of("action", first / rate, (last + 1) / rate, place, errors);
  errors.add(place, "times are counted in frames, name how many there are a second: data.annotation_rate=25");
  return std::nullopt;
}

}  // namespace actionflow
