#include "models/inspection/network_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "base/text/html.h"
#include "models/description/inspect.h"
#include "models/inspection/receptive_field.h"
#include "models/inspection/weight_histogram.h"

namespace actionflow {
namespace {

constexpr std::string_view kPageStyle = R"(
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 14px/1.45 system-ui, sans-serif; max-width: 1280px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .15rem .6rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
thead th { position: sticky; top: 0; background: Canvas; border-bottom: 1px solid var(--line); }
tbody tr:nth-child(even) { background: var(--soft); }
.share { display: inline-block; height: .7em; background: #ea580c; vertical-align: baseline; }
svg { width: 128px; height: 24px; vertical-align: middle; } svg rect { fill: #2563eb; }
.odd { color: #dc2626; text-align: left; }
)";

std::string number(std::int64_t value) {
  std::string text = std::to_string(value);
  for (auto i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), ",");
  return text;
}

std::string bytes(std::int64_t count) {
  if (count < 1 << 10) return fmt::format("{} B", count);
  if (count < 1 << 20) return fmt::format("{:.1f} KiB", static_cast<double>(count) / (1 << 10));
  return fmt::format("{:.1f} MiB", static_cast<double>(count) / (1 << 20));
}

std::string drawing(const WeightHistogram& histogram) {
  const std::int64_t most = *std::max_element(histogram.bins.begin(), histogram.bins.end());
  if (most == 0) return {};
  std::string svg = fmt::format(
      "<svg viewBox='0 0 {} 24' preserveAspectRatio='none'><title>{:.4g} … {:.4g}, "
      "mean {:.4g}, deviation {:.4g}</title>",
      4 * WeightHistogram::kBins, histogram.least, histogram.greatest, histogram.mean, histogram.deviation);
  for (std::size_t i = 0; i < WeightHistogram::kBins; ++i) {
    if (histogram.bins[i] == 0) continue;
    const double height =
        std::max(0.5, 24.0 * static_cast<double>(histogram.bins[i]) / static_cast<double>(most));
    svg += fmt::format("<rect x='{}' y='{:.1f}' width='3.6' height='{:.1f}'/>", 4 * i, 24 - height, height);
  }
  return svg + "</svg>";
}

// Kernels and the like are drawn; all of a layer's parameters are looked at.
std::string weight_cells(const LayerInfo& layer, const Weights& weights) {
  std::vector<const Tensor*> drawn;
  std::vector<std::string> odd;
  for (const Parameter& parameter : layer.parameters) {
    const auto found = weights.tensors.find(parameter.name);
    if (found == weights.tensors.end()) continue;
    const Tensor& values = found->second;
    if (drawn.empty() || parameter.role.ends_with("kernel")) drawn.push_back(&values);
    const std::string what = suspicion(parameter, values);
    const bool matters = parameter.shape.size() > 1 || !what.ends_with("initialised");
    const bool bias_at_zero = parameter.shape.size() == 1 && !what.empty();
    if (!what.empty() && matters && !bias_at_zero) odd.push_back(what);
    if (const std::int64_t bad = histogram_of({&values}).not_numbers; bad > 0)
      odd.push_back(fmt::format("{}: {} are no numbers", parameter.role, number(bad)));
  }
  if (drawn.empty()) return "<td></td><td></td>";
  return fmt::format("<td>{}</td><td class='odd'>{}</td>", drawing(histogram_of(drawn)),
                     escape_html(fmt::format("{}", fmt::join(odd, "; "))));
}

struct PageRow {
  const LayerInfo& layer;
  ReceptiveField field;
};

std::vector<PageRow> rows_of(const Architecture& architecture) {
  const std::vector<ReceptiveField> fields = receptive_fields(architecture.graph);
  std::vector<PageRow> rows;
  for (const LayerInfo& layer : architecture.layers) rows.push_back({layer, {}});
  for (std::size_t i = 0; i < fields.size(); ++i)
    rows[static_cast<std::size_t>(architecture.graph.nodes[i].layer)].field = fields[i];
  return rows;
}

std::string row_html(const PageRow& row, std::int64_t macs, const Weights& weights) {
  const LayerInfo& layer = row.layer;
  std::int64_t parameters = 0;
  for (const Parameter& parameter : layer.parameters) parameters += element_count(parameter.shape);
  const double share = macs == 0 ? 0 : static_cast<double>(layer.macs) / static_cast<double>(macs);
  std::string html = fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td>", escape_html(layer.name),
                                 escape_html(layer.type), to_string(layer.output), to_string(row.field));
  html += fmt::format(
      "<td>{}</td><td>{}</td><td>{}</td><td><span class='share' style='width:{:.0f}px'></span> "
      "{:.1f} %</td><td>{}</td>",
      number(parameters), bytes(4 * parameters), number(layer.macs), 80 * share, 100 * share,
      bytes(4 * layer.output.size()));
  if (!weights.tensors.empty()) html += weight_cells(layer, weights);
  return html + "</tr>\n";
}

}  // namespace

std::string network_page(const Architecture& architecture, const Weights& weights) {
  const std::string name = escape_html(architecture.name);
  const std::int64_t macs = architecture.macs(), parameters = architecture.parameter_count();
  std::string html = fmt::format(
      "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{}</title>"
      "<style>{}</style></head><body><h1>{}</h1>\n",
      name, kPageStyle, name);
  html += fmt::format(
      "<p>A {} of {} (channels × frames × height × width), {:g} frames a second; {} classes. "
      "{} parameters ({} trainable), {}; {} multiply-accumulates; {} of activations at once, "
      "in f32.</p>\n",
      architecture.streams ? "sequence" : "clip", to_string(architecture.graph.input),
      architecture.input.frame_rate, architecture.classes.size(), number(parameters),
      number(architecture.trainable_parameter_count()), bytes(4 * parameters), number(macs),
      bytes(activation_bytes(architecture.graph)));
  html +=
      "<table><thead><tr><th>layer</th><th>kind</th><th>output</th><th>sees, frames × height × width</th>"
      "<th>parameters</th><th>weights</th><th>MACs</th><th>share</th><th>activations</th>";
  if (!weights.tensors.empty()) html += "<th>spread of weights</th><th></th>";
  html += "</tr></thead><tbody>\n";
  for (const PageRow& row : rows_of(architecture)) html += row_html(row, macs, weights);
  return html + "</tbody></table></body></html>\n";
}

}  // namespace actionflow
