#include "models/network/network_parts.h"

#include "base/error.h"

namespace actionflow {
namespace {

void keep_results(const std::vector<GraphPart>& parts, std::vector<bool>& keep) {
  for (const GraphPart& part : parts)
    if (part.graph.output >= 0)
      keep[static_cast<std::size_t>(part.nodes[static_cast<std::size_t>(part.graph.output)])] = true;
}

std::vector<bool> kept_nodes(const Graph& graph, const std::string& network) {
  std::vector<bool> keep(graph.nodes.size(), false);
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
  const std::vector<bool> keep = kept_nodes(graph, network);
  std::vector<KeptPart> result;
  for (GraphPart& part : cut_graph(graph, cut, network)) {
    std::vector<bool> own;
    for (const int node : part.nodes) own.push_back(keep[static_cast<std::size_t>(node)]);
    result.push_back({std::move(part), std::move(own)});
  }
  return result;
}

}  // namespace actionflow
