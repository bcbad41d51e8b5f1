// `defaults:` of a model file: options of kinds of layers, for every layer of that kind that does not say
// otherwise. `defaults: {conv3d: {bias: false}}`
#pragma once

#include <map>
#include <string>

#include "base/config/config.h"

namespace actionflow {

class LayerDefaults {
 public:
  LayerDefaults() = default;
  // `defaults` may be null. A kind that there is not, and what is no option, goes to `diagnostics`.
  LayerDefaults(const config::Value& defaults, config::Diagnostics& diagnostics);

  // The item of `layers:` with what its kind has by default; `item` may be null, for a bare name.
  config::Value under(const std::string& kind, const config::Value& item) const;

 private:
  std::map<std::string, config::Value> by_kind_;
};

}  // namespace actionflow
