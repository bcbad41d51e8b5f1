// Times of actions and of parts, as lists write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "datasets/lists/text/list_text.h"
#include "datasets/recordings/time_span.h"

namespace actionflow {

// "12", "12.5", "+12.", "00:12.5" or "00:00:12.5"; also nan and infinities, which no span
// takes.
std::optional<double> seconds_of(std::string_view text);

// From one time to another. Goes to `errors` where they are no numbers, before the video or not rising;
// `what`: "action", "part".
std::optional<TimeSpan> span_of(std::string_view what, std::string_view start, std::string_view end,
                                const std::string& place, ListErrors& errors);
// The same of numbers.
std::optional<TimeSpan> span_of(std::string_view what, double start, double end, const std::string& place,
                                ListErrors& errors);
// Of frames counted from 0, the last one included, at data.annotation_rate; asks for it where it is not
// given.
std::optional<TimeSpan> span_of_frames(double first, double last, double rate, const std::string& place,
                                       ListErrors& errors);

}  // namespace actionflow
