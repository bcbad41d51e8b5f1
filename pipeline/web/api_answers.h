// Answers of the page's API: JSON, and what is wrong.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text/json_text.h"
#include "pipeline/web/http_server.h"

namespace actionflow {

inline HttpAnswer json_answer(const nlohmann::ordered_json& json, int status = 200) {
  return {status, "application/json", json_text(json) + "\n"};
}

// {"error": "…"}
inline HttpAnswer wrong(int status, const std::string& why) { return json_answer({{"error", why}}, status); }

// To the nearest one of so many steps from 0 to 1.
inline double rounded(double number, double steps) { return std::round(number * steps) / steps; }

}  // namespace actionflow
