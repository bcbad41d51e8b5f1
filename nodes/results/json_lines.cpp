#include "nodes/results/json_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/machine/clock.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

using Json = nlohmann::json;

constexpr double kNsPerSecond = 1e9;

std::string quoted(const std::string& text) { return json_text(nlohmann::json(text)); }

std::string scored(const ScoredLabel& one) {
  return fmt::format(R"({{"label":{},"score":{:.6f}}})", quoted(one.label), one.score);
}

WindowResult window_of(const Json& json) {
  WindowResult result;
  result.stream = json.at("stream");
  result.node = json.at("node");
  result.start = json.at("start");
  result.end = json.at("end");
  result.padded = json.value("padded", false);
  result.none = json.value("none", false);
  result.latency_ms = json.at("latency_ms");
  for (const Json& one : json.at("top")) result.top.push_back({one.at("label"), one.at("score")});
  if (result.top.empty()) throw UsageError("a window without scores");
  return result;
}

EventResult event_of(const Json& json) {
  EventResult result;
  result.stream = json.at("stream");
  result.node = json.at("node");
  result.id = json.at("id");
  result.label = json.at("label");
  result.change.start = json.at("start");
  result.change.score = json.at("score");
  result.change.kind = json.at("end").is_null() ? EventChange::begun : EventChange::ended;
  if (result.over()) result.change.end = json.at("end");
  return result;
}

StreamEnd stream_end_of(const Json& json) {
  StreamEnd end;
  end.stream = json.at("stream");
  end.seconds = json.at("seconds");
  if (json.contains("error")) end.error = json.at("error").get<std::string>();
  end.whole = !end.error;
  return end;
}

std::string wall_time(std::int64_t zero_ns, double seconds) {
  return quoted(utc_text(zero_ns + std::llround(seconds * kNsPerSecond)));
}

}  // namespace

std::string to_json_line(const WindowResult& result) {
  std::string top;
  for (const ScoredLabel& one : result.top) top += (top.empty() ? "" : ",") + scored(one);
  const ScoredLabel& best = result.top.front();
  return fmt::format(
      R"({{"type":"window","stream":{},"node":{},"start":{:.6f},"end":{:.6f},"label":{},)"
      R"("score":{:.6f},"top":[{}],{}"latency_ms":{:.3f}}})",
      quoted(result.stream), quoted(result.node), result.start, result.end, quoted(best.label), best.score,
      top, std::string(result.none ? R"("none":true,)" : "") + (result.padded ? R"("padded":true,)" : ""),
      result.latency_ms);
}

std::string to_json_line(const EventResult& result) {
  const EventChange& change = result.change;
  std::string times = fmt::format(R"("start":{:.6f},"end":{})", change.start,
                                  result.over() ? fmt::format("{:.6f}", change.end) : "null");
  if (result.zero_ns) {
    times += fmt::format(R"(,"start_time":{},"end_time":{})", wall_time(*result.zero_ns, change.start),
                         result.over() ? wall_time(*result.zero_ns, change.end) : "null");
  }
  return fmt::format(R"({{"type":"event","id":{},"stream":{},"node":{},"label":{},"score":{:.6f},{}}})",
                     quoted(result.id), quoted(result.stream), quoted(result.node), quoted(result.label),
                     change.score, times);
}

std::string to_json_line(const StreamEnd& end) {
  return fmt::format(R"({{"type":"stream","stream":{},"seconds":{:.6f}{}}})", quoted(end.stream), end.seconds,
                     end.error ? R"(,"error":)" + quoted(*end.error) : "");
}

std::string to_json_line(const Summary& summary) {
  std::string more = summary.counts_still ? fmt::format(R"("still":{},)", summary.still()) : "";
  if (summary.counts_events) more += fmt::format(R"("events":{},)", summary.events());
  return fmt::format(
      R"({{"type":"summary","streams":{},"frames":{},"windows":{},"dropped":{},"damaged":{},{})"
      R"("seconds":{:.3f},"fps":{:.1f},"kernels":{}}})",
      summary.streams.size(), summary.frames(), summary.windows(), summary.dropped(), summary.damaged(), more,
      summary.seconds, summary.frames_per_second(), quoted(summary.kernels));
}

std::optional<Result> from_json_line(const std::string& line) {
  try {
    const Json json = Json::parse(line);
    const std::string type = json.at("type");
    if (type == "window") return window_of(json);
    if (type == "event") return event_of(json);
    if (type == "stream") return stream_end_of(json);
    if (type == "summary") return std::nullopt;
  } catch (const Json::exception&) {
    // said below
  }
  throw UsageError("expected a line of results as --output NAME.jsonl writes them, not: " +
                   line.substr(0, 80));
}

}  // namespace actionflow
