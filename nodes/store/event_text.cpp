#include "nodes/store/event_text.h"

#include <fmt/format.h>

#include <cmath>

#include "base/machine/clock.h"
#include "base/text/utf8.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

double rounded(double number) { return std::round(number * 1e6) / 1e6; }

Json time_json(const std::optional<std::int64_t>& ns) { return ns ? Json(utc_text(*ns)) : Json(nullptr); }
Json file_json(const std::string& file) { return file.empty() ? Json(nullptr) : Json(file); }
std::string time_cell(const std::optional<std::int64_t>& ns) { return ns ? utc_text(*ns) : ""; }

std::string quoted_cell(const std::string& content) {
  std::string cell = "\"";
  for (const char c : printable(content)) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

}  // namespace

Json event_json(const StoredEvent& event) {
  const bool open = event.state == EventState::open;
  Json json{{"type", "event"},
            {"number", event.number},
            {"id", event.id},
            {"stream", printable(event.stream)},
            {"node", printable(event.node)},
            {"label", event.label},
            {"score", rounded(event.score)},
            {"start", rounded(event.start)},
            {"end", open ? Json(nullptr) : Json(rounded(event.end))}};
  if (event.start_ns) {
    json["start_time"] = time_json(event.start_ns);
    json["end_time"] = time_json(event.end_ns);
  }
  json["state"] = to_string(event.state);
  json["clip"] = file_json(event.clip);
  json["picture"] = file_json(event.picture);
  if (event.corrected) json["corrected"] = *event.corrected;
  return json;
}

std::string event_row(const StoredEvent& event) {
  const bool open = event.state == EventState::open;
  return fmt::format("{},{},{},{},{:.6f},{:.6f},{},{},{},{},{},{},{}\n", quoted_cell(event.id),
                     quoted_cell(event.stream), quoted_cell(event.node), quoted_cell(event.label),
                     event.score, event.start, open ? "" : fmt::format("{:.6f}", event.end),
                     time_cell(event.start_ns), time_cell(event.end_ns), to_string(event.state), event.clip,
                     event.picture, event.corrected ? quoted_cell(*event.corrected) : "");
}

}  // namespace actionflow
