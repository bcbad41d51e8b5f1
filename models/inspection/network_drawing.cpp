#include "models/inspection/network_drawing.h"

#include <fmt/format.h>

#include <set>

namespace actionflow {
namespace {

// Inside quotes.
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string box(std::size_t number, const LayerInfo& layer, std::int64_t macs) {
  const double share = macs == 0 ? 0 : static_cast<double>(layer.macs) / static_cast<double>(macs);
  const std::string cost = layer.macs == 0 ? "" : fmt::format("\\n{:.1f} %", 100 * share);
  return fmt::format("  l{} [label=\"{}\\n{}  {}{}\", fillcolor=\"#{}\"];\n", number, escaped(layer.name),
                     escaped(layer.type), to_string(layer.output), cost,
                     share >= 0.05 ? "fdba74"
                     : share > 0   ? "fef3c7"
                                   : "ffffff");
}

}  // namespace

std::string network_dot(const Architecture& architecture) {
  std::string dot = fmt::format("digraph \"{}\" {{\n", escaped(architecture.name));
  dot += "  node [fontname=\"sans-serif\", shape=box, style=\"filled,rounded\", fillcolor=white];\n";
  dot += fmt::format("  clip [shape=cds, label=\"clip\\n{}\"];\n", to_string(architecture.graph.input));
  const std::int64_t macs = architecture.macs();
  for (std::size_t i = 0; i < architecture.layers.size(); ++i) dot += box(i, architecture.layers[i], macs);
  std::set<std::string> arrows;  // one between two layers, however many of their operations are joined
  for (const GraphNode& node : architecture.graph.nodes) {
    for (const int input : node.inputs) {
      const int from = input < 0 ? -1 : architecture.graph.nodes[static_cast<std::size_t>(input)].layer;
      if (from == node.layer) continue;
      const std::string arrow =
          fmt::format("  {} -> l{};\n", from < 0 ? "clip" : fmt::format("l{}", from), node.layer);
      if (arrows.insert(arrow).second) dot += arrow;
    }
  }
  return dot + "}\n";
}

}  // namespace actionflow
