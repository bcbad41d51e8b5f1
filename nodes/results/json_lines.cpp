#include "nodes/results/json_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "base/machine/clock.h"

namespace actionflow {

namespace {

constexpr double kNsPerSecond = 1e9;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string scored(const ScoredLabel& one) {
  return fmt::format(R"({{"label":{},"score":{:.6f}}})", quoted(one.label), one.score);
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
      R"("seconds":{:.3f},"fps":{:.1f}}})",
      summary.streams.size(), summary.frames(), summary.windows(), summary.dropped(), summary.damaged(), more,
      summary.seconds, summary.frames_per_second());
}

}  // namespace actionflow
