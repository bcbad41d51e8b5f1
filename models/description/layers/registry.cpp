#include "models/description/layers/registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/description/layers/layers.h"

namespace actionflow {
namespace {

std::vector<LayerKind> all_kinds() {
  std::vector<LayerKind> kinds;
  for (const auto& group :
       {convolution_layers(), pooling_layers(), reduction_layers(), batch_norm_layers(), dense_layers(),
        activation_layers(), dropout_layers(), shape_layers(), join_layers(), select_frames_layers(),
        along_time_layers(), recurrent_layers(), conv_lstm_layers(), layer_norm_layers(), embedding_layers(),
        attention_layers(), matmul_layers(), constant_layers(), action_scores_layers()}) {
    kinds.insert(kinds.end(), group.begin(), group.end());
  }
  return kinds;
}

}  // namespace

const std::vector<LayerKind>& layer_kinds() {
  static const std::vector<LayerKind> kinds = all_kinds();
  return kinds;
}

const LayerKind* find_layer_kind(std::string_view name) {
  const std::vector<LayerKind>& kinds = layer_kinds();
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const LayerKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

void report_unknown_layer(const std::string& name, const config::Place& place,
                          config::Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const LayerKind& kind : layer_kinds()) known.push_back(kind.name);
  const std::string near = config::did_you_mean(name, known);
  diagnostics.add(place, fmt::format("there is no layer '{}'", name),
                  near.empty() ? "" : fmt::format("did you mean '{}'?", near));
}

}  // namespace actionflow
