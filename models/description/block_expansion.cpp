#include "models/description/block_expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "models/description/block_parameters.h"
#include "models/description/blocks.h"
#include "models/description/layer_defaults.h"
#include "models/description/layer_names.h"
#include "models/description/layers/registry.h"

namespace actionflow {
namespace {

using config::Diagnostics;
using config::Place;
using config::Value;

struct Scope : NameScope {
  Parameters parameters;
  int previous = -1;
  std::map<std::string, int> numbered;  // unnamed layers so far, by type
  std::set<std::string> taken;          // names that items of this scope give themselves
};

// What one item says about itself, whether layer or block.
struct Item {
  Value value;
  Value kind;  // the word; null where it is no item at all
  bool is_block = false;
  std::string name;  // within the scope
  std::vector<int> inputs;
  bool sound = true;
};

std::vector<std::string> keys_of_a_block() {
  std::vector<std::string> keys = keys_beside_options();
  keys.front() = "block";
  return keys;
}

class Expander {
 public:
  Expander(const Value& blocks, const LayerDefaults& defaults, Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        blocks_(read_blocks(blocks, diagnostics)),
        defaults_(defaults),
        names_(diagnostics) {}

  std::vector<ExpandedLayer> run(const Value& layers) {
    Scope network;
    network.inputs["input"] = -1;
    add_items(layers.items(), network);
    return std::move(layers_);
  }

 private:
  void add_items(const std::vector<Value>& items, Scope& scope) {
    for (const Value& item : items) {
      const Value* name = item.find("name");
      if (name != nullptr) scope.taken.insert(name->text());
    }
    for (const Value& item : items) {
      if (stopped_) return;
      if (item.find("repeat") != nullptr) {
        add_repeated(item, scope);
      } else {
        add_item(substitute(item, scope.parameters, diagnostics_), scope);
      }
    }
  }

  // One after another, each with its number.
  void add_repeated(const Value& item, Scope& scope) {
    const int first = read_number(item, "first_index", 0, scope);
    const int count = read_number(item, "repeat", 1, scope);
    if (count == 0) return skip(read_item(substitute(item, scope.parameters, diagnostics_), scope), scope);
    const Parameters outside = scope.parameters;
    const auto numbered = [&](int index) {
      scope.parameters["index"] = config::make_scalar(std::to_string(index));
      return substitute(item, scope.parameters, diagnostics_);
    };
    Item one = read_item(numbered(first), scope);
    const std::string name = one.name;
    for (int i = 0; i < count && !stopped_; ++i) {
      if (i > 0) {
        one.value = numbered(first + i);
        one.inputs = {scope.previous};
        one.sound = true;
      }
      one.name = fmt::format("{}.{}", name, first + i);
      add(one, scope);
    }
    scope.parameters = outside;
    names_.add(scope.prefix + name, scope.previous);
  }

  int read_number(const Value& item, const std::string& key, int unless_told, const Scope& scope) {
    const Value* const given = item.find(key);
    if (given == nullptr) return unless_told;
    const Value value = substitute(*given, scope.parameters, diagnostics_);
    Diagnostics own;
    const int number = config::read<int>(value, own);
    if (own.empty() && number >= 0 && number <= static_cast<int>(kMostLayers)) return number;
    diagnostics_.add(given->place(),
                     fmt::format("{} is '{}', expected 0 to {}", key, value.text(), kMostLayers));
    return unless_told;
  }

  void add_item(const Value& value, Scope& scope) { add(read_item(value, scope), scope); }

  Item read_item(const Value& value, Scope& scope) {
    const Value* layer = value.is_scalar() ? &value : value.find("layer");
    const Value* block = value.find("block");
    const Value* kind = layer != nullptr ? layer : block;
    Item item;
    item.value = value;
    if ((layer == nullptr) == (block == nullptr) || !kind->is_scalar()) {
      diagnostics_.add(value.place(), "expected a layer's name, {layer: name, …} or {block: name, …}");
      return item;
    }
    item.kind = *kind;
    item.is_block = block != nullptr;
    if (value.find("first_index") != nullptr && value.find("repeat") == nullptr)
      diagnostics_.add(value.place(), "first_index is the number of the first of several: expected repeat");
    read_name(item, scope);
    read_from(item, scope);
    return item;
  }

  void add(const Item& item, Scope& scope) {
    if (item.kind.is_null()) return;
    if (++items_ > kMostItems) {
      diagnostics_.add(item.value.place(), fmt::format("more than {} layers and blocks", kMostItems));
      stopped_ = true;
    } else if (!stands(item)) {
      skip(item, scope);
    } else if (item.is_block) {
      add_block(item, scope);
    } else {
      add_layer(item, scope);
    }
  }

  // Whether its `when:` lets it stand.
  bool stands(const Item& item) {
    const Value* const when = item.value.find("when");
    if (when == nullptr) return true;
    const std::string& word = when->text();
    if (word != "0" && word != "1" && word != "true" && word != "false")
      diagnostics_.add(when->place(), fmt::format("when is '{}', expected true or false, or 1 or 0", word));
    return word != "0" && word != "false";
  }

  // Its name stands for what it would have read.
  void skip(const Item& item, Scope& scope) {
    if (item.kind.is_null() || !item.sound) return;
    if (item.inputs.size() != 1) {
      diagnostics_.add(item.value.place(),
                       fmt::format("'{}' is left out, but reads {} layers; expected one, which stands for it",
                                   item.name, item.inputs.size()));
      return;
    }
    scope.previous = item.inputs.front();
    if (item.value.find("name") != nullptr)
      names_.claim(scope.prefix + item.name, scope.previous, item.value.place());
  }

  void read_name(Item& item, Scope& scope) {
    const Value* name = item.value.find("name");
    const std::string& type = item.kind.text();
    if (name == nullptr) {
      do {
        item.name = fmt::format("{}_{}", type, ++scope.numbered[type]);
      } while (scope.taken.count(item.name) != 0);
      return;
    }
    item.name = name->text();
    names_.check(*name, scope);
  }

  void read_from(Item& item, const Scope& scope) {
    const Value* from = item.value.find("from");
    if (from == nullptr) {
      item.inputs = {scope.previous};
    } else if (from->is_scalar()) {
      add_input(item, *from, scope);
    } else if (from->is_list() && !from->items().empty()) {
      for (const Value& name : from->items()) add_input(item, name, scope);
    } else {
      diagnostics_.add(from->place(), "from is neither a layer's name nor a list of names");
      item.sound = false;
    }
  }

  void add_input(Item& item, const Value& name, const Scope& scope) {
    const std::optional<int> value = names_.find(name, scope, item.name);
    if (value) item.inputs.push_back(*value);
    item.sound = item.sound && value;
  }

  void add_layer(const Item& item, Scope& scope) {
    const std::string& type = item.kind.text();
    if (layers_.size() >= kMostLayers) {
      diagnostics_.add(item.value.place(), fmt::format("more than {} layers", kMostLayers));
      stopped_ = true;
      return;
    }
    ExpandedLayer layer;
    layer.use = {.type = type, .name = scope.prefix + item.name, .place = item.value.place()};
    layer.kind = find_layer_kind(type);
    if (layer.kind == nullptr) report_unknown_layer(type, item.kind.place(), diagnostics_);
    layer.options = defaults_.under(type, item.value.is_map() ? item.value : Value{});
    layer.inputs = item.inputs;
    layer.sound = item.sound;
    scope.previous = static_cast<int>(layers_.size());
    names_.claim(layer.use.name, scope.previous, item.value.place());
    layers_.push_back(std::move(layer));
  }

  void add_block(const Item& item, Scope& outer) {
    const std::string& type = item.kind.text();
    const Place& place = item.kind.place();
    const auto found = blocks_.find(type);
    if (found == blocks_.end()) {
      std::vector<std::string> known;
      for (const auto& [name, block] : blocks_) known.push_back(name);
      diagnostics_.add(place, fmt::format("there is no block '{}' under blocks:", type),
                       suggestion(type, known));
      outer.previous = -1;
      stopped_ = true;  // what follows would only complain about shapes
      return;
    }
    if (!enter(type, place)) return;
    const Block& block = found->second;
    Scope inner;
    inner.prefix = fmt::format("{}{}.", outer.prefix, item.name);
    inner.parameters = bind(item.value, item.name, type, block, keys_of_a_block(), diagnostics_);
    name_inputs(item, block, inner);
    if (!inner.inputs.empty() && !stopped_) {
      const std::size_t before = layers_.size();
      inner.previous = inner.inputs.at(block.inputs.front());
      add_items(block.layers, inner);
      if (!item.sound && layers_.size() > before) layers_[before].sound = false;
      outer.previous = inner.previous;
      names_.claim(outer.prefix + item.name, inner.previous, item.value.place());
    }
    open_blocks_.pop_back();
  }

  // Whether the block may stand inside those that are open; then it is open too.
  bool enter(const std::string& name, const Place& place) {
    const bool cycle = std::find(open_blocks_.begin(), open_blocks_.end(), name) != open_blocks_.end();
    if (cycle || open_blocks_.size() >= kDeepestBlock) {
      diagnostics_.add(place, cycle ? fmt::format("block '{}' contains itself", name)
                                    : fmt::format("blocks stand more than {} deep", kDeepestBlock));
      stopped_ = true;
      return false;
    }
    open_blocks_.push_back(name);
    return true;
  }

  void name_inputs(const Item& item, const Block& block, Scope& inner) {
    if (item.sound && item.inputs.size() != block.inputs.size()) {
      diagnostics_.add(item.value.place(), fmt::format("block '{}' ({}) has {} inputs, expected {}: {}",
                                                       item.name, item.kind.text(), item.inputs.size(),
                                                       block.inputs.size(), fmt::join(block.inputs, ", ")));
      stopped_ = true;
      return;
    }
    for (std::size_t i = 0; i < block.inputs.size(); ++i) {
      inner.inputs[block.inputs[i]] = i < item.inputs.size() ? item.inputs[i] : -1;
    }
  }

  Diagnostics& diagnostics_;
  Blocks blocks_;
  const LayerDefaults& defaults_;
  std::vector<std::string> open_blocks_;
  LayerNames names_;
  std::size_t items_ = 0;  // that stand, or are left out
  std::vector<ExpandedLayer> layers_;
  bool stopped_ = false;
};

}  // namespace

std::vector<ExpandedLayer> expand_layers(const Value& layers, const Value& blocks, const Value& defaults,
                                         Diagnostics& diagnostics) {
  const LayerDefaults of_kinds(defaults, diagnostics);
  return Expander(blocks, of_kinds, diagnostics).run(layers);
}

}  // namespace actionflow
