// Measures of detected actions, for programs and for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/evaluation/streams/event_measures.h"

namespace actionflow {

nlohmann::ordered_json or_null(const std::optional<double>& value);

// The object `streams` of `evaluate --json`. What cannot be said (no action, nothing found) is null.
nlohmann::ordered_json event_measures_json(const EventMeasures& measures,
                                           const std::vector<std::string>& classes);

// Lines and a table.
std::string event_measures_text(const EventMeasures& measures, const std::vector<std::string>& classes);

}  // namespace actionflow
