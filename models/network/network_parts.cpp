#include "models/network/network_parts.h"

#include "base/error.h"
#include "models/graph/advancing.h"
#include "models/graph/window_sharing.h"
#include "models/weights/quantization.h"

namespace actionflow {
namespace {

void keep_results(const std::vector<GraphPart>& parts, std::vector<bool>& keep) {
  for (const GraphPart& part : parts)
    if (part.graph.output >= 0)
      keep[static_cast<std::size_t>(part.nodes[static_cast<std::size_t>(part.graph.output)])] = true;
}

std::vector<bool> kept_nodes(const Graph& graph, Sharing sharing, const std::string& network) {
  std::vector<bool> keep = window_borders(graph, sharing);
  for (const Cut cut : {Cut::before_recurrent, Cut::branches}) {
    try {
      keep_results(cut_graph(graph, cut, network), keep);
    } catch (const ModelError&) {
      // The network has no such cut.
    }
  }
  return keep;
}

}  // namespace

std::vector<KeptPart> parts_of(const Graph& graph, Cut cut, const std::string& network) {
  const std::vector<bool> keep = kept_nodes(graph, Sharing::exact, network);
  std::vector<KeptPart> result;
  for (GraphPart& part : cut_graph(graph, cut, network)) {
    std::vector<bool> own;
    for (const int node : part.nodes) own.push_back(keep[static_cast<std::size_t>(node)]);
    result.push_back({std::move(part), std::move(own)});
  }
  return result;
}

KeptPart advancing_part(const Graph& graph, std::int64_t hop, Sharing sharing, const std::string& network) {
  const std::vector<bool> keep = kept_nodes(graph, sharing, network);
  AdvancingWindows windows = advancing_windows(graph, hop, sharing);
  KeptPart result;
  result.keep.resize(windows.graph.nodes.size(), false);
  for (std::size_t i = 0; i < keep.size(); ++i)
    result.keep[static_cast<std::size_t>(windows.nodes[i])] = keep[i];
  result.part.name = "whole";
  result.part.inputs = {-1};
  result.part.graph = std::move(windows.graph);
  return result;
}

std::vector<std::string> input_ranges(const std::vector<KeptPart>& parts, const GraphPart& part) {
  std::vector<std::string> names;
  for (const int input : part.inputs) {
    if (input < 0) {
      names.emplace_back(kInputRange);
    } else {
      const Graph& giver = parts[static_cast<std::size_t>(input)].part.graph;
      names.push_back(giver.nodes[static_cast<std::size_t>(giver.output)].name);
    }
  }
  return names;
}

}  // namespace actionflow
