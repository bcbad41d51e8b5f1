// A stored event for programs: one JSON object, one row of a table.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "nodes/store/event_table.h"

namespace actionflow {

// As `classify --json` prints an event that is over (`end` null while it is under way), and "number",
// "state", "clip" and "picture" (null where there is none, else files in the folder), and "corrected" where a
// person did so.
nlohmann::ordered_json event_json(const StoredEvent& event);

inline constexpr const char* kEventColumns =
    "id,stream,node,label,score,start,end,start_time,end_time,state,clip,picture,corrected\n";
// RFC 4180.
std::string event_row(const StoredEvent& event);

}  // namespace actionflow
