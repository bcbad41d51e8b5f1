// The page of event_page.h before its first stream: style, script, and the colours of its labels.
//
// The script asks for nothing outside the page but its videos, and the page forbids it to. It plays, beside
// the actions, what was clicked; one video at a time. By keyboard, Tab goes from stream to stream, arrows,
// Home and End from action to action, Enter plays.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace actionflow {

// What every page begins with, by which it is known.
inline constexpr std::string_view kPageMark = "<!doctype html>";

// Labels have the colours of their places in `classes`, as everywhere (base/text/label_color.h), unless there
// are more classes than colours: then of their places among the labels of the page.
std::string event_page_head(const std::vector<std::string>& classes);

// JSON that may stand inside a script element.
std::string script_data(const nlohmann::ordered_json& data);

}  // namespace actionflow
