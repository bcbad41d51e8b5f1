#include "models/description/sharing_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text/json_text.h"
#include "models/graph/advancing.h"
#include "models/graph/traits.h"
#include "models/graph/window_sharing.h"

namespace actionflow {
namespace {

double millions_a_second(std::int64_t macs, const SharingReport& report) {
  return static_cast<double>(macs) * report.windows_a_second / 1e6;
}

}  // namespace

SharingReport sharing_report(const Architecture& architecture, std::int64_t hop) {
  const Graph& whole = architecture.graph;
  SharingReport report;
  report.frames = whole.input.t;
  report.hop = hop;
  report.why_alone = why_nothing_shared(whole, hop);
  report.macs = report.macs_alone = multiply_accumulates(whole);
  report.windows_a_second = architecture.input.frame_rate / static_cast<double>(hop);
  if (!report.why_alone.empty()) return report;
  const AdvancingWindows windows = advancing_windows(whole, hop);
  const std::vector<std::int64_t> fresh = new_steps(whole, hop);
  report.macs = multiply_accumulates(windows.graph);
  for (std::size_t i = 0; i < whole.nodes.size(); ++i) {
    const GraphNode& node = whole.nodes[i];
    const GraphNode& now = windows.graph.nodes[static_cast<std::size_t>(windows.nodes[i])];
    report.layers.push_back({node.name, node.extents.t, fresh[i] != 0 ? fresh[i] : node.extents.t,
                             traits(windows.graph, now).multiply_accumulates});
  }
  return report;
}

std::string sharing_table(const SharingReport& report) {
  std::string text = fmt::format("windows of {} samples, one every {}", report.frames, report.hop);
  if (!report.why_alone.empty())
    return text +
           fmt::format(": each by itself, {:.1f} million MACs a second of one stream: the network {}\n",
                       millions_a_second(report.macs, report), report.why_alone);
  std::size_t width = 5;
  for (const SharedLayer& layer : report.layers) width = std::max(width, layer.name.size());
  text +=
      fmt::format("\n{:<{}}  {:>9}  {:>9}  {:>15}\n", "layer", width, "kept", "computed", "MACs a window");
  for (const SharedLayer& layer : report.layers)
    text += fmt::format("{:<{}}  {:>9}  {:>9}  {:>15}\n", layer.name, width, layer.steps - layer.computed,
                        layer.computed, layer.macs);
  return text + fmt::format(
                    "{:.1f} million MACs a second of one stream; whole windows: {:.1f} million, {:.1f} "
                    "times as many\n",
                    millions_a_second(report.macs, report), millions_a_second(report.macs_alone, report),
                    static_cast<double>(report.macs_alone) /
                        static_cast<double>(std::max<std::int64_t>(report.macs, 1)));
}

std::string sharing_json(const SharingReport& report) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const SharedLayer& layer : report.layers)
    layers.push_back({{"name", layer.name},
                      {"kept", layer.steps - layer.computed},
                      {"computed", layer.computed},
                      {"macs", layer.macs}});
  nlohmann::ordered_json json = {{"frames", report.frames}, {"hop", report.hop}};
  if (!report.why_alone.empty()) json["alone_because"] = report.why_alone;
  json["macs"] = report.macs;
  json["macs_whole_windows"] = report.macs_alone;
  json["macs_per_second"] = static_cast<double>(report.macs) * report.windows_a_second;
  json["macs_per_second_whole_windows"] = static_cast<double>(report.macs_alone) * report.windows_a_second;
  json["layers"] = std::move(layers);
  return json_text(json);
}

}  // namespace actionflow
