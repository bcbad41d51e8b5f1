#include "nodes/node_kinds.h"

#include <algorithm>

#include "nodes/kinds/kinds.h"
#include "nodes/sinks/sink_kinds.h"

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
    list.push_back(events_kind());
    list.push_back(jsonl_kind());
    list.push_back(console_kind());
    list.push_back(overlay_kind());
    list.push_back(mqtt_kind());
    list.push_back(kafka_kind());
    list.push_back(webhook_kind());
    list.push_back(store_kind());
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

}  // namespace actionflow
