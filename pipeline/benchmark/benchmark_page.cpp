#include <fmt/format.h>

#include <algorithm>

#include "base/machine/processor.h"
#include "base/text/html.h"
#include "base/text/label_color.h"
#include "pipeline/benchmark/benchmark_report.h"

namespace actionflow {

namespace {

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Pipelines measured</title>
<style>
:root { color-scheme: light dark; font: 15px system-ui, sans-serif; }
body { margin: 1.5rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; }
text { fill: currentColor; font: 13px system-ui, sans-serif; }
.noisy { color: #c00; }
</style></head><body>
)";

constexpr double kWidth = 900, kRow = 44, kBar = 18;

std::string color(std::size_t place) {
  const LabelColor c = label_color(place);
  return fmt::format("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue);
}

// A bar a pipeline, with the least and the most of its rounds as a line over it.
std::string throughput_bars(const std::vector<Measurement>& measurements) {
  double most = 0;
  for (const Measurement& m : measurements) most = std::max(most, m.windows_per_second().most);
  const double scale = most > 0 ? (kWidth - 120) / most : 0;
  std::string bars;
  double y = 0;
  for (const Measurement& m : measurements) {
    const Spread windows = m.windows_per_second();
    const double middle = y + 18 + kBar / 2;
    bars += fmt::format(
        "<text x=\"0\" y=\"{:.0f}\">{}</text><rect x=\"0\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"{}\" "
        "fill=\"{}\"/>"
        "<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.0f}\" y2=\"{:.0f}\" stroke=\"currentColor\" "
        "stroke-width=\"2\"/>"
        "<text x=\"{:.1f}\" y=\"{:.0f}\">{:.1f}</text>\n",
        y + 13, escape_html(m.config), y + 18, windows.median * scale, kBar, color(0), windows.least * scale,
        windows.most * scale, middle, middle, windows.most * scale + 6, middle + 5, windows.median);
    y += kRow;
  }
  return fmt::format("<h2>Windows a second</h2>\n<svg viewBox=\"0 0 {} {:.0f}\" role=\"img\">{}</svg>\n",
                     kWidth, y, bars);
}

// What a window costs, stage by stage: milliseconds of each stage in all, by the windows.
std::string stage_bars(const std::vector<Measurement>& measurements) {
  std::vector<std::string> names;
  double most = 0;
  const auto share = [](const Measurement& m, const StageSummary& stage) {
    const auto windows = static_cast<double>(m.rounds.front().summary.windows());
    return windows > 0 ? stage.total_ms / windows : 0;
  };
  for (const Measurement& m : measurements) {
    double all = 0;
    for (const StageSummary& stage : m.stages()) {
      all += share(m, stage);
      if (std::find(names.begin(), names.end(), stage.name) == names.end()) names.push_back(stage.name);
    }
    most = std::max(most, all);
  }
  const double scale = most > 0 ? kWidth / most : 0;
  std::string bars;
  double y = 0;
  for (const Measurement& m : measurements) {
    bars += fmt::format("<text x=\"0\" y=\"{:.0f}\">{}</text>", y + 13, escape_html(m.config));
    double x = 0;
    for (const StageSummary& stage : m.stages()) {
      const double width = share(m, stage) * scale;
      const auto place =
          static_cast<std::size_t>(std::find(names.begin(), names.end(), stage.name) - names.begin());
      bars += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.0f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"><title>{}: {:.3f} ms a "
          "window</title></rect>",
          x, y + 18, width, kBar, color(place), escape_html(stage.name), share(m, stage));
      x += width;
    }
    bars += "\n";
    y += kRow;
  }
  std::string legend;
  for (std::size_t i = 0; i < names.size(); ++i)
    legend += fmt::format("<span style=\"color:{}\">■</span> {} ", color(i), escape_html(names[i]));
  return fmt::format(
      "<h2>Milliseconds a window, by stage</h2>\n<p>{}</p>\n<svg viewBox=\"0 0 {} {:.0f}\" "
      "role=\"img\">{}</svg>\n",
      legend, kWidth, y, bars);
}

std::string rows(const std::vector<Measurement>& measurements) {
  std::string text =
      "<table><tr><th>pipeline<th>windows/s<th>least–most<th>÷ first<th>p50 ms<th>p90 ms<th>p99 ms<th>p99.9 "
      "ms</tr>\n";
  const double base = measurements.empty() ? 0 : measurements.front().windows_per_second().median;
  for (const Measurement& m : measurements) {
    const Spread windows = m.windows_per_second();
    text += fmt::format(
        "<tr><td>{}<td>{:.2f}<td{}>{:.2f}–{:.2f}<td>{:.2f}<td>{:.1f}<td>{:.1f}<td>{:.1f}<td>{:.1f}</tr>\n",
        escape_html(m.config), windows.median, m.noisy() ? " class=\"noisy\" title=\"noisy\"" : "",
        windows.least, windows.most, base > 0 ? windows.median / base : 0,
        m.latency_ms(&StageSummary::p50_ms), m.latency_ms(&StageSummary::p90_ms),
        m.latency_ms(&StageSummary::p99_ms), m.latency_ms(&StageSummary::p999_ms));
  }
  return text + "</table>\n";
}

}  // namespace

std::string comparison_page(const std::vector<Measurement>& measurements) {
  const bool noisy =
      std::any_of(measurements.begin(), measurements.end(), [](const Measurement& m) { return m.noisy(); });
  std::string text = kHead;
  text += fmt::format("<h1>Pipelines measured</h1>\n<p>Medians of rounds in turn: {}; {}.</p>\n",
                      measurements.empty() ? 0 : measurements.front().rounds.size(),
                      escape_html(processor_name()));
  if (noisy)
    text +=
        "<p class=\"noisy\">The rounds lie more than a tenth apart: the machine was busy with something "
        "else. Do "
        "not quote these figures.</p>\n";
  return text + throughput_bars(measurements) + stage_bars(measurements) + rows(measurements) +
         "</body></html>\n";
}

}  // namespace actionflow
