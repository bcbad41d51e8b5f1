// A list written in JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "datasets/lists/text/list_text.h"

namespace actionflow {

// The whole text; null, with the reason in `errors`, where it is not JSON or nests deeper than lists do.
nlohmann::json parse_json_list(const ListText& list, ListErrors& errors);

}  // namespace actionflow
