#include "models/description/layer_defaults.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "models/description/layers/registry.h"

namespace actionflow {

using config::Diagnostics;
using config::Value;

namespace {

void check_options(const Value::Entry& kind, Diagnostics& diagnostics) {
  for (const Value::Entry& option : kind.value.entries()) {
    const std::vector<std::string>& beside = keys_beside_options();
    if (std::find(beside.begin(), beside.end(), option.key) == beside.end()) continue;
    diagnostics.add(
        option.key_place,
        fmt::format("'{}' belongs to each layer by itself, expected options of {}", option.key, kind.key));
  }
}

}  // namespace

LayerDefaults::LayerDefaults(const Value& defaults, Diagnostics& diagnostics) {
  if (!defaults.is_map() && !defaults.is_null())
    diagnostics.add(defaults.place(), "defaults is not a map, expected kind: {option: value}");
  for (const Value::Entry& entry : defaults.entries()) {
    if (find_layer_kind(entry.key) == nullptr) {
      report_unknown_layer(entry.key, entry.key_place, diagnostics);
    } else if (!entry.value.is_map()) {
      diagnostics.add(entry.value.place(), fmt::format("defaults of {} are not a map of options", entry.key));
    } else {
      check_options(entry, diagnostics);
      by_kind_[entry.key] = entry.value;
    }
  }
}

Value LayerDefaults::under(const std::string& kind, const Value& item) const {
  const auto found = by_kind_.find(kind);
  if (found == by_kind_.end()) return item;
  return item.is_null() ? found->second : config::merge(found->second, item);
}

}  // namespace actionflow
