// The `layers:` of a model file as one flat list: blocks taken apart, parameters replaced, repeats
// written out, what does not stand left out, names given, and `from:` resolved.
#pragma once

#include <string>
#include <vector>

#include "base/config/config.h"
#include "models/description/layers/layer.h"

namespace actionflow {

struct ExpandedLayer {
  LayerUse use;
  const LayerKind* kind = nullptr;  // null: unknown, already reported
  config::Value options;            // the item's map, parameters replaced; null for a bare name
  std::vector<int> inputs;          // indices of earlier layers, −1 the clip
  bool sound = true;                // its inputs were found
};

constexpr std::size_t kMostLayers = 10'000;
constexpr std::size_t kMostItems = 10 * kMostLayers;  // with blocks, and with what `when:` leaves out
constexpr std::size_t kDeepestBlock = 16;

// `blocks` and `defaults` may be null. Wrong items go to `diagnostics`; the list then still holds what could
// be made of them, so that later messages make sense. Stops at kMostLayers layers, with an error.
std::vector<ExpandedLayer> expand_layers(const config::Value& layers, const config::Value& blocks,
                                         const config::Value& defaults, config::Diagnostics& diagnostics);

}  // namespace actionflow
