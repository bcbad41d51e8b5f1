// The list of all kinds of nodes.
#include <algorithm>

#include "nodes/kinds/kinds.h"

namespace actionflow {

const std::vector<NodeKind>& node_kinds() {
  static const std::vector<NodeKind> kinds = [] {
    std::vector<NodeKind> list;
    list.push_back(decode_kind());
    list.push_back(window_kind());
    list.push_back(cnn3d_kind());
    list.push_back(fusion_3d2d_kind());
    list.push_back(cnn_lstm_kind());
    list.push_back(ensemble_kind());
    list.push_back(jsonl_kind());
    list.push_back(console_kind());
    list.push_back(overlay_kind());
    return list;
  }();
  return kinds;
}

const NodeKind* find_node_kind(std::string_view name) {
  const std::vector<NodeKind>& kinds = node_kinds();
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const NodeKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

std::string_view to_string(PortType type) {
  switch (type) {
    case PortType::nothing:
      return "nothing";
    case PortType::packets:
      return "packets";
    case PortType::frames:
      return "frames";
    case PortType::clips:
      return "clips";
    case PortType::scores:
      return "scores";
  }
  return "";
}

std::vector<std::filesystem::path> Node::outputs(const std::vector<std::string>&) const { return {}; }

const std::vector<std::string>& Node::classes() const {
  static const std::vector<std::string> none;
  return none;
}

}  // namespace actionflow
