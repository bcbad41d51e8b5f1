#include "models/description/blocks.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow {

using config::Diagnostics;
using config::Value;

Blocks read_blocks(const Value& blocks, Diagnostics& diagnostics) {
  Blocks read;
  if (blocks.is_null()) return read;
  if (!blocks.is_map()) {
    diagnostics.add(blocks.place(), "blocks is not a map, expected a block's name: {parameters, layers}");
    return read;
  }
  for (const Value::Entry& entry : blocks.entries()) {
    Block& block = read[entry.key];
    block = config::read<Block>(entry.value, diagnostics);
    const bool map = block.parameters.is_map() || block.parameters.is_null();
    if (!map) diagnostics.add(block.parameters.place(), "parameters is not a map, expected name: default");
    if (block.inputs.empty()) diagnostics.add(entry.key_place, "inputs is empty, expected at least one name");
    if (block.layers.empty())
      diagnostics.add(entry.key_place, fmt::format("block '{}' has no layers", entry.key));
  }
  return read;
}

Parameters bind(const Value& use, const std::string& name, const std::string& type, const Block& block,
                std::vector<std::string> keys, Diagnostics& diagnostics) {
  Parameters bound;
  for (const Value::Entry& parameter : block.parameters.entries()) {
    keys.push_back(parameter.key);
    const Value* given = use.find(parameter.key);
    if (given == nullptr && parameter.value.is_null())
      diagnostics.add(use.place(), fmt::format("block '{}' ({}) needs '{}'", name, type, parameter.key));
    bound[parameter.key] = given != nullptr ? *given : substitute(parameter.value, bound, diagnostics);
  }
  for (const Value::Entry& entry : use.entries()) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const std::string near = config::did_you_mean(entry.key, keys);
    diagnostics.add(entry.key_place, fmt::format("block '{}' has no parameter '{}'", type, entry.key),
                    near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }
  return bound;
}

}  // namespace actionflow
