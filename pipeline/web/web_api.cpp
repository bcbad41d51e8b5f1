#include "pipeline/web/web_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/text/label_color.h"
#include "base/text/time_text.h"
#include "base/text/utf8.h"
#include "nodes/store/event_store.h"
#include "nodes/store/event_text.h"
#include "nodes/store/labelled_clips.h"
#include "pipeline/web/api_answers.h"

namespace actionflow {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kEvents = "/api/events/";

// Of a request.
struct WrongParameter {
  std::string why;
};

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::string clip_type(const std::filesystem::path& clip) {
  if (clip.extension() == ".mp4") return "video/mp4";
  return clip.extension() == ".webm" ? "video/webm" : "video/x-matroska";
}

}  // namespace

WebApi::WebApi(WebSources sources, const Clock& clock)
    : sources_(std::move(sources)),
      clock_(clock),
      streams_(sources_, !sources_.state_folder.empty(), clock) {}

// With the table's lock held. A disk that is full at first may be mended later.
EventTable& WebApi::table() {
  if (!table_) table_ = std::make_unique<EventTable>(event_file(sources_.state_folder));
  return *table_;
}

std::optional<HttpAnswer> WebApi::answer(const HttpRequest& request) {
  if (auto answer = streams_.answer(request)) return answer;
  const std::string& path = request.path;
  if (path.starts_with(kEvents)) return event_part(request);
  const bool known = path == "/healthz" || path == "/metrics" || path == "/api/events" ||
                     path == "/api/timeline" || path == "/api/labels";
  if (!known) return std::nullopt;
  if (request.method != "GET" && request.method != "HEAD") return wrong(405, "only GET is answered here");
  if (path == "/healthz") return health();
  if (path == "/metrics")
    return sources_.metrics ? HttpAnswer{200, "text/plain; version=0.0.4; charset=utf-8", sources_.metrics()}
                            : wrong(404, "no metrics are kept");
  if (path == "/api/labels") return labels();
  if (sources_.state_folder.empty())
    return wrong(404, "no events are kept: the pipeline has no node `store`");
  try {
    return path == "/api/timeline" ? timeline(request) : events(request);
  } catch (const WrongParameter& parameter) {
    return wrong(400, parameter.why);
  }
}

void WebApi::count_frames() {
  streams_.count_frames();
  const std::vector<StreamView> views = sources_.streams();
  const std::lock_guard lock(overload_mutex_);
  overload_.note(views, clock_.steady_ns());
}

// Well as long as any stream gives pictures, or may yet, and what is found reaches where it goes.
HttpAnswer WebApi::health() {
  std::int64_t live = 0;
  std::int64_t lost = 0;
  const std::vector<StreamView> views = sources_.streams();
  for (const StreamView& view : views) {
    live += view.state == ConnectionState::open ? 1 : 0;
    lost += view.state == ConnectionState::lost || view.state == ConnectionState::failed ? 1 : 0;
  }
  const bool none = !views.empty() && lost == static_cast<std::int64_t>(views.size());
  Json reasons = Json::array();
  bool failing = none;
  if (lost > 0)
    reasons.push_back(std::to_string(lost) + " of " + std::to_string(views.size()) + " streams are lost");
  for (const Trouble& trouble : sources_.troubles ? sources_.troubles() : std::vector<Trouble>()) {
    failing = failing || trouble.loses;
    reasons.push_back(trouble.what);
  }
  {
    const std::lock_guard lock(overload_mutex_);
    for (const std::string& reason : overload_.reasons()) reasons.push_back(reason);
  }
  const char* status = none ? "down" : failing ? "failing" : reasons.empty() ? "ok" : "degraded";
  return json_answer({{"status", status},
                      {"streams", views.size()},
                      {"live", live},
                      {"lost", lost},
                      {"reasons", std::move(reasons)}},
                     failing ? 503 : 200);
}

std::vector<StoredEvent> WebApi::find(const EventQuery& query) {
  const std::lock_guard lock(table_mutex_);
  return table().find(query);
}

EventQuery WebApi::query_of(const HttpRequest& request) const {
  EventQuery query;
  query.stream = request.parameter("stream");
  query.label = request.parameter("label");
  for (const auto& [name, to] : {std::pair("since", &query.since_ns), std::pair("until", &query.until_ns)}) {
    const auto text = request.parameter(name);
    if (!text) continue;
    *to = time_of(*text, clock_.wall_ns());
    if (!*to)
      throw WrongParameter{std::string(name) + " is no time, expected one such as 2026-11-29T16:05:00Z"};
  }
  return query;
}

// All that happened, however much, in seconds since its beginning.
HttpAnswer WebApi::timeline(const HttpRequest& request) {
  const EventQuery query = query_of(request);
  Timeline found;
  {
    const std::lock_guard lock(table_mutex_);
    found = table().timeline(query, kTimelineParts, clock_.wall_ns());
  }
  const auto seconds = [&](std::int64_t ns) {
    return rounded(static_cast<double>(ns - found.since_ns) * 1e-9, 1e3);
  };
  Json streams = Json::array();
  for (const TimelineBar& bar : found.bars) {
    if (streams.empty() || streams.back()["name"] != printable(bar.stream))
      streams.push_back({{"name", printable(bar.stream)}, {"bars", Json::array()}});
    streams.back()["bars"].push_back({{"start", seconds(bar.start_ns)},
                                      {"end", seconds(bar.end_ns)},
                                      {"label", bar.label},
                                      {"events", bar.events},
                                      {"number", bar.number}});
  }
  return json_answer({{"since", utc_text(found.since_ns)},
                      {"until", utc_text(found.until_ns)},
                      {"streams", std::move(streams)}});
}

HttpAnswer WebApi::events(const HttpRequest& request) {
  EventQuery query = query_of(request);
  query.limit = 100;
  for (const auto& [name, to] : {std::pair("before", &query.before), std::pair("limit", &query.limit)}) {
    const auto text = request.parameter(name);
    if (!text) continue;
    *to = whole_number(*text);
    if (!*to) throw WrongParameter{std::string(name) + " is no number"};
  }
  query.limit = std::min(*query.limit, kMostEvents) + 1;
  std::vector<StoredEvent> found = find(query);
  const bool more = static_cast<std::int64_t>(found.size()) == *query.limit;
  if (more) found.erase(found.begin());
  Json list = Json::array();
  for (const StoredEvent& event : found) {
    Json one = event_json(event);
    one["time"] = utc_text(event.time_ns);
    list.push_back(std::move(one));
  }
  return json_answer({{"events", std::move(list)}, {"more", more}});
}

// /api/events/12, …/12/clip, …/12/picture, …/12/label
HttpAnswer WebApi::event_part(const HttpRequest& request) {
  if (sources_.state_folder.empty())
    return wrong(404, "no events are kept: the pipeline has no node `store`");
  const std::string_view rest = std::string_view(request.path).substr(kEvents.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const auto number = whole_number(rest.substr(0, slash));
  const std::string_view part = slash < rest.size() ? rest.substr(slash + 1) : "";
  const bool writes = part == "label";
  if (!number || (!part.empty() && part != "clip" && part != "picture" && part != "label"))
    return wrong(404, "there is no such thing");
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (writes ? request.method != "POST" : !reads) return wrong(405, "this is not done here");
  if (writes) return correct(*number, request.body);
  const std::vector<StoredEvent> found = find({.number = number});
  if (found.empty()) return wrong(404, "there is no such event, or it is no longer kept");
  const StoredEvent& event = found.front();
  if (part.empty()) {
    Json one = event_json(event);
    one["time"] = utc_text(event.time_ns);
    return json_answer(one);
  }
  const std::string& file = part == "clip" ? event.clip : event.picture;
  if (file.empty()) return wrong(404, "the event has none");
  HttpAnswer answer{200, part == "clip" ? clip_type(file) : "image/jpeg"};
  answer.file = sources_.state_folder / file;
  return answer;
}

HttpAnswer WebApi::correct(std::int64_t number, const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const bool given = json.is_object() && json.contains("label");
  if (!given || !(json["label"].is_null() || json["label"].is_string()))
    return wrong(400, "expected {\"label\": \"…\"}, \"\" for none of the classes, null to take it back");
  const Json fresh = json.value("new", Json(false));
  if (!fresh.is_boolean()) return wrong(400, "new is true or false");
  std::optional<std::string> label;
  if (json["label"].is_string()) label = json["label"].get<std::string>();
  if (label && !is_label(*label)) return wrong(400, "a label is at most 100 bytes on one line");
  const std::lock_guard lock(table_mutex_);
  std::vector<StoredEvent> found = table().find({.number = number});
  if (found.empty()) return wrong(404, "there is no such event, or it is no longer kept");
  if (label && !fresh.get<bool>() && !is_known_label(found.front(), *label))
    return wrong(400, "there is no class '" + *label + "', expected one of " +
                          fmt::format("{}", fmt::join(sources_.classes, ", ")) +
                          ", \"\" for none of them, or \"new\": true for one that is to be learnt");
  if (!table().correct(number, label)) return wrong(404, "it is no longer kept");
  write_labelled_clips(sources_.state_folder, table());
  found = table().find({.number = number});
  if (found.empty()) return wrong(404, "it is no longer kept");
  Json one = event_json(found.front());
  one["time"] = utc_text(found.front().time_ns);
  return json_answer(one);
}

// With the table's lock held.
bool WebApi::is_known_label(const StoredEvent& event, const std::string& label) {
  const auto& classes = sources_.classes;
  return label.empty() || label == event.label ||
         std::find(classes.begin(), classes.end(), label) != classes.end() || table().has_correction(label);
}

// With the colours that labels have everywhere.
HttpAnswer WebApi::labels() const {
  Json list = Json::array();
  for (std::size_t i = 0; i < sources_.classes.size(); ++i) {
    const LabelColor color = label_color(i);
    list.push_back({{"label", sources_.classes[i]}, {"color", css(color)}, {"ink", css(ink_on(color))}});
  }
  return json_answer({{"labels", std::move(list)}});
}

}  // namespace actionflow
