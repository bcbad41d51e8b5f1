// `blocks:` of a model file: lists of layers with parameters, by name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "models/description/block_parameters.h"

namespace actionflow {

struct Block {
  config::Value parameters;
  std::vector<std::string> inputs{"input"};
  std::vector<config::Value> layers;

  static void describe(config::Fields<Block>& fields) {
    fields.add("parameters", &Block::parameters, "names with their defaults; null: must be given");
    fields.add("inputs", &Block::inputs, "what its layers call its inputs in from:");
    fields.add("layers", &Block::layers, "as a network's").required();
  }
};

using Blocks = std::map<std::string, Block>;

// `blocks` may be null.
Blocks read_blocks(const config::Value& blocks, config::Diagnostics& diagnostics);

// What the block's parameters are in one use of it. `use` is the use as it stands in the file, its own
// parameters replaced; `keys` are those that any use may have beside its parameters.
Parameters bind(const config::Value& use, const std::string& name, const std::string& type,
                const Block& block, std::vector<std::string> keys, config::Diagnostics& diagnostics);

}  // namespace actionflow
