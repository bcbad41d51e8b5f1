// The names of layers and blocks, and the values that they stand for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.h"

namespace actionflow {

// Where names count: the network, or one use of a block.
struct NameScope {
  std::string prefix;                 // of full names: "layer2.0."
  std::map<std::string, int> inputs;  // by the name that layers call them
};

class LayerNames {
 public:
  explicit LayerNames(config::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // What is wrong with a name that an item gives itself goes to the diagnostics.
  void check(const config::Value& name, const NameScope& scope);
  // Twice the same is an error.
  void claim(const std::string& name, int value, const config::Place& place);
  // For a group of items, unless one of them is called so.
  void add(const std::string& name, int value) { values_.emplace(name, value); }
  // The value that `name` stands for in the scope; nothing is an error, told of `reader`.
  std::optional<int> find(const config::Value& name, const NameScope& scope, const std::string& reader);

 private:
  std::vector<std::string> visible(const NameScope& scope) const;

  config::Diagnostics& diagnostics_;
  std::map<std::string, int> values_;  // by full name
};

// "did you mean 'conv1'?", or empty.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace actionflow
