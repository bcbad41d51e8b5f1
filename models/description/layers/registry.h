// Every kind of layer that a model file may name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/description/layers/layer.h"

namespace actionflow {

// In the order of the documentation.
const std::vector<LayerKind>& layer_kinds();
// Null where there is none of that name.
const LayerKind* find_layer_kind(std::string_view name);
void report_unknown_layer(const std::string& name, const config::Place& place,
                          config::Diagnostics& diagnostics);

}  // namespace actionflow
