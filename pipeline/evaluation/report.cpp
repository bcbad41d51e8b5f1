#include "pipeline/evaluation/report.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text/html.h"

namespace actionflow {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; }
.figures b { display: block; font-size: 1.6rem; font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1rem; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; }
svg text:not(.legend) { fill: currentColor; } svg .legend { font-weight: 600; } svg path { fill: none; stroke-width: 2; }
svg .grid { stroke: var(--line); } svg .mark { stroke: currentColor; stroke-dasharray: 3 4; opacity: .6; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .2rem .55rem; text-align: right; } th:first-child, td:first-child { text-align: left; }
.matrix td { min-width: 2.1rem; border: 1px solid var(--line); text-align: center; }
.matrix th { font-weight: 400; } .matrix thead th { writing-mode: vertical-rl; text-align: left; }
.scroll { overflow-x: auto; } tbody tr:nth-child(even) { background: var(--soft); }
figure { margin: 0 0 1.2rem; } figure img { max-width: 100%; image-rendering: auto; display: block; }
figcaption { margin-top: .3rem; }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; } svg.timeline { display: block; margin-bottom: .3rem; }
svg.timeline .wrong rect { stroke: #dc2626; stroke-width: 3; }
)";

// The numbers under `key` of every epoch's line; NaN where there is none.
std::vector<double> values_of(const std::vector<Json>& epochs, const char* key) {
  std::vector<double> values;
  values.reserve(epochs.size());
  for (const Json& epoch : epochs) {
    const auto at = epoch.find(key);
    values.push_back(at != epoch.end() && at->is_number() ? at->get<double>()
                                                          : std::numeric_limits<double>::quiet_NaN());
  }
  return values;
}

std::vector<Json> parsed(const std::vector<std::string>& lines) {
  std::vector<Json> epochs;
  for (const std::string& line : lines) {
    Json epoch = Json::parse(line, nullptr, false);
    if (epoch.is_object()) epochs.push_back(std::move(epoch));
  }
  return epochs;
}

std::string figures(const Report& report, std::size_t epochs) {
  std::string html = "<div class='figures'>";
  html += figure_of("epochs", std::to_string(epochs));
  if (report.best_epoch > 0) html += figure_of("best epoch", std::to_string(report.best_epoch));
  if (const auto& v = report.validation) {
    html += figure_of("validation top-1", percent(v->top1));
    if (report.classes.size() > 5) html += figure_of("top-5", percent(v->top5));
    html += figure_of("mean class accuracy", percent(v->mean_class_accuracy)) +
            figure_of("calibration error", fmt::format("{:.3f}", v->ece)) +
            figure_of("videos", std::to_string(v->clips));
  }
  return html + "</div>";
}

std::string charts(const Report& report, const std::vector<Json>& epochs) {
  const auto curve = [&](const char* name, const char* key) { return Curve{name, values_of(epochs, key)}; };
  const std::int64_t best = report.best_epoch;
  return "<h2>Over epochs</h2><div class='charts'><div>Accuracy (top-1)" +
         draw_curves({curve("train", "train_top1"), curve("validation", "val_top1")}, true, best) +
         "</div><div>Loss" +
         draw_curves({curve("train", "loss"), curve("validation", "val_loss")}, false, best) +
         "</div><div>Learning rate" + draw_curves({curve("rate", "learning_rate")}, false, 0) +
         "</div><div>Clips a second" + draw_curves({curve("clips/s", "samples_per_second")}, false, 0) +
         "</div></div>";
}

std::string matrix(const Report& report) {
  const auto& confusion = report.validation->confusion;
  std::string html =
      "<h2>Confusion, a row a true class</h2><div class='scroll'><table class='matrix'><thead><tr><th></th>";
  for (const std::string& name : report.classes) html += "<th>" + escape_html(name) + "</th>";
  html += "</tr></thead><tbody>";
  for (std::size_t truth = 0; truth < confusion.size(); ++truth) {
    html += "<tr><th>" + escape_html(report.classes[truth]) + "</th>";
    const auto all = static_cast<double>(report.validation->per_class[truth].clips);
    for (std::size_t answer = 0; answer < confusion.size(); ++answer) {
      const std::int64_t count = confusion[truth][answer];
      const double share = all > 0 ? static_cast<double>(count) / all : 0;
      html += fmt::format("<td title='{} answered as {}' style='background:rgba({},{:.2f})'>{}</td>",
                          escape_html(report.classes[truth]), escape_html(report.classes[answer]),
                          truth == answer ? "22,163,74" : "220,38,38", 0.85 * share,
                          count > 0 ? std::to_string(count) : "");
    }
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

std::string class_table(const Report& report) {
  std::string html =
      "<h2>Classes</h2><div class='scroll'><table><thead><tr><th>class</th><th>precision</th>"
      "<th>recall</th><th>F1</th><th>videos</th></tr></thead><tbody>";
  for (std::size_t k = 0; k < report.classes.size(); ++k) {
    const ClassMeasures& of = report.validation->per_class[k];
    html += fmt::format("<tr><td>{}</td><td>{:.3f}</td><td>{:.3f}</td><td>{:.3f}</td><td>{}</td></tr>",
                        escape_html(report.classes[k]), of.precision, of.recall, of.f1, of.clips);
  }
  return html + "</tbody></table></div>";
}

std::string mistakes(const Report& report) {
  if (report.mistakes.empty()) return "<h2>Mistakes</h2><p>None in the validation split.</p>";
  std::string html = "<h2>Worst mistakes</h2>";
  for (const Mistake& mistake : report.mistakes) {
    html += "<figure>";
    if (!mistake.png.empty())
      html += fmt::format("<img alt='' src='data:image/png;base64,{}'>", base64(mistake.png));
    html += fmt::format("<figcaption><b>{}</b>: is {} ({}), was answered {} ({})</figcaption></figure>",
                        escape_html(mistake.name), escape_html(mistake.truth), percent(mistake.truth_score),
                        escape_html(mistake.answer), percent(mistake.confidence));
  }
  return html;
}

}  // namespace

std::string report_html(const Report& report) {
  const std::vector<Json> epochs = parsed(report.metrics);
  std::string html = fmt::format(
      "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width'><title>{0}</title><style>{1}</style></head>"
      "<body><h1>{0}</h1>",
      escape_html(report.title), kStyle);
  if (!epochs.empty()) html += figures(report, epochs.size()) + charts(report, epochs);
  if (report.validation) html += matrix(report) + class_table(report) + mistakes(report);
  if (report.streams) html += stream_report_html(*report.streams, report.classes);
  return html + "</body></html>\n";
}

}  // namespace actionflow
