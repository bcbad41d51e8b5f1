#include "nodes/results/json_lines.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace actionflow {

namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string scored(const ScoredLabel& one) {
  return fmt::format(R"({{"label":{},"score":{:.6f}}})", quoted(one.label), one.score);
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

std::string to_json_line(const Summary& summary) {
  return fmt::format(R"({{"type":"summary","streams":{},"frames":{},"windows":{},"dropped":{},"damaged":{},)"
                     R"("seconds":{:.3f},"fps":{:.1f}}})",
                     summary.streams.size(), summary.frames(), summary.windows(), summary.dropped(),
                     summary.damaged(), summary.seconds, summary.frames_per_second());
}

}  // namespace actionflow
