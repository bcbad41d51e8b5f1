#include "nodes/results/console_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actionflow {

namespace {

constexpr int kBarWidth = 20;
const std::string kRewrite = "\r\x1b[K";  // the line that the cursor stands in

// Eighths of a cell, so that small differences show.
std::string bar(float score) {
  static const char* const kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(std::clamp(score, 0.0F, 1.0F) * kBarWidth * 8));
  std::string drawn;
  for (int i = 0; i < eighths / 8; ++i) drawn += "█";
  drawn += kParts[eighths % 8];
  const int cells = eighths / 8 + (eighths % 8 > 0 ? 1 : 0);
  return drawn + std::string(static_cast<std::size_t>(kBarWidth - cells), ' ');
}

std::string clock_time(double seconds) {
  const auto tenths = static_cast<std::int64_t>(std::llround(seconds * 10));
  return fmt::format("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10);
}

}  // namespace

void ConsoleSink::window(const WindowResult& result) {
  std::string text =
      fmt::format("{} {}–{} {}{}\n", result.stream, clock_time(result.start), clock_time(result.end),
                  result.node, result.padded ? " (short: last picture repeated)" : "");
  if (result.none) text += "  none of these; nearest:\n";
  const auto shown = std::min(static_cast<std::size_t>(classes_), result.top.size());
  for (std::size_t i = 0; i < shown; ++i) {
    const ScoredLabel& one = result.top[i];
    text += fmt::format("  {} {:5.1f} %  {}\n", bar(one.score), 100 * one.score, one.label);
  }
  write(text);
}

void ConsoleSink::event(const EventResult& result) {
  const EventChange& change = result.change;
  const std::string end = clock_time(change.end);
  const std::string line = fmt::format("{} {}–{}  {}  {:5.1f} %  {}", result.stream, clock_time(change.start),
                                       change.kind == EventChange::begun ? std::string(end.size(), ' ') : end,
                                       result.node, 100 * change.score, result.label);
  if (!out_.is_terminal()) {
    if (change.kind != EventChange::updated) out_.write(line + "\n");
    return;
  }
  if (open_ == result.id) {
    out_.write(kRewrite + line);
  } else {
    write(line);
  }
  open_ = result.id;
  if (result.over()) write("");
}

// Ends the line that stands open, if any.
void ConsoleSink::write(const std::string& text) {
  out_.write(open_.empty() ? text : "\n" + text);
  open_.clear();
}

void ConsoleSink::summary(const Summary& summary) {
  std::string more = summary.counts_still ? fmt::format(" {} still,", summary.still()) : "";
  if (summary.counts_events) more += fmt::format(" {} events,", summary.events());
  write(fmt::format(
      "{} stream{}, {} frames, {} windows,{} {} dropped, {} damaged in {:.1f} s ({:.0f} frames/s)\n",
      summary.streams.size(), summary.streams.size() == 1 ? "" : "s", summary.frames(), summary.windows(),
      more, summary.dropped(), summary.damaged(), summary.seconds, summary.frames_per_second()));
}

}  // namespace actionflow
