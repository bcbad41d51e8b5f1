#include "models/description/block_expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "models/description/block_parameters.h"
#include "models/description/layers/registry.h"
#include "models/graph/reserved_names.h"

namespace actionflow {
namespace {

using config::Diagnostics;
using config::Place;
using config::Value;

struct Block {
  Value parameters;
  std::vector<std::string> inputs{"input"};
  std::vector<Value> layers;

  static void describe(config::Fields<Block>& fields) {
    fields.add("parameters", &Block::parameters, "names with their defaults; null: must be given");
    fields.add("inputs", &Block::inputs, "what its layers call its inputs in from:");
    fields.add("layers", &Block::layers, "as a network's").required();
  }
};

// Where names count: the network, or one use of a block.
struct Scope {
  std::string prefix;
  std::map<std::string, int> inputs;  // by the name that layers call them
  const Parameters* parameters = nullptr;
  int previous = -1;
  std::map<std::string, int> numbered;  // unnamed layers so far, by type
  std::set<std::string> taken;          // names that items of this scope give themselves
};

// What one item says about itself, whether layer or block.
struct Item {
  Value value;
  std::string type;
  std::string name;  // within the scope
  std::vector<int> inputs;
  bool sound = true;
  int repeat = 0;  // 0: not said
};

bool good_name(const std::string& name) {
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_.-/").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), good);
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = config::did_you_mean(word, candidates);
  return near.empty() ? "" : fmt::format("did you mean '{}'?", near);
}

class Expander {
 public:
  Expander(const Value& blocks, Diagnostics& diagnostics) : diagnostics_(diagnostics) { read_blocks(blocks); }

  std::vector<ExpandedLayer> run(const Value& layers) {
    Scope network;
    network.inputs["input"] = -1;
    add_items(layers.items(), network);
    return std::move(layers_);
  }

 private:
  void read_blocks(const Value& blocks) {
    if (blocks.is_null()) return;
    if (!blocks.is_map()) {
      diagnostics_.add(blocks.place(), "blocks is not a map, expected a block's name: {parameters, layers}");
      return;
    }
    for (const Value::Entry& entry : blocks.entries()) {
      Block& block = blocks_[entry.key];
      block = config::read<Block>(entry.value, diagnostics_);
      const bool map = block.parameters.is_map() || block.parameters.is_null();
      if (!map) diagnostics_.add(block.parameters.place(), "parameters is not a map, expected name: default");
      if (block.inputs.empty())
        diagnostics_.add(entry.key_place, "inputs is empty, expected at least one name");
      if (block.layers.empty())
        diagnostics_.add(entry.key_place, fmt::format("block '{}' has no layers", entry.key));
    }
  }

  void add_items(const std::vector<Value>& items, Scope& scope) {
    for (const Value& item : items) {
      const Value* name = item.find("name");
      if (name != nullptr) scope.taken.insert(name->text());
    }
    for (const Value& item : items) {
      if (stopped_) return;
      add_item(scope.parameters == nullptr ? item : substitute(item, *scope.parameters, diagnostics_), scope);
    }
  }

  void add_item(const Value& value, Scope& scope) {
    const Value* layer = value.is_scalar() ? &value : value.find("layer");
    const Value* block = value.find("block");
    const Value* kind = layer != nullptr ? layer : block;
    if ((layer == nullptr) == (block == nullptr) || !kind->is_scalar()) {
      diagnostics_.add(value.place(), "expected a layer's name, {layer: name, …} or {block: name, …}");
      return;
    }
    Item item;
    item.value = value;
    item.type = kind->text();
    read_name(item, scope);
    read_from(item, scope);
    read_repeat(item);
    for (int i = 0; i < std::max(item.repeat, 1) && !stopped_; ++i) {
      Item one = item;
      if (item.repeat > 0) one.name = fmt::format("{}.{}", item.name, i);
      if (i > 0) one.inputs = {scope.previous};
      if (layer != nullptr) {
        add_layer(one, scope, kind->place());
      } else {
        add_block(one, scope, kind->place());
      }
    }
    if (item.repeat > 0) names_.emplace(scope.prefix + item.name, scope.previous);
  }

  void read_name(Item& item, Scope& scope) {
    const Value* name = item.value.find("name");
    if (name == nullptr) {
      do {
        item.name = fmt::format("{}_{}", item.type, ++scope.numbered[item.type]);
      } while (scope.taken.count(item.name) != 0);
      return;
    }
    item.name = name->text();
    if (!name->is_scalar() || !good_name(item.name)) {
      diagnostics_.add(name->place(),
                       fmt::format("name is '{}', expected letters, digits and _ . - /", item.name));
    } else if (scope.inputs.count(item.name) != 0) {
      diagnostics_.add(name->place(),
                       fmt::format("name '{}' stands for the input; expected another", item.name));
    } else if (scope.prefix.empty() && belongs_to_training(item.name + ".")) {
      diagnostics_.add(name->place(),
                       fmt::format("name '{}' begins as those of training's own tensors do (optimizer, ema); "
                                   "expected another",
                                   item.name));
    }
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
    const auto input = scope.inputs.find(name.text());
    if (input != scope.inputs.end()) {
      item.inputs.push_back(input->second);
      return;
    }
    const auto found = names_.find(scope.prefix + name.text());
    if (found != names_.end()) {
      item.inputs.push_back(found->second);
      return;
    }
    item.sound = false;
    diagnostics_.add(
        name.place(),
        fmt::format("layer '{}{}': from names '{}', expected a layer before it{}", scope.prefix, item.name,
                    name.text(), scope.prefix.empty() ? "" : " in the same block, or the block's input"),
        suggestion(name.text(), visible(scope)));
  }

  std::vector<std::string> visible(const Scope& scope) const {
    std::vector<std::string> names;
    for (const auto& [name, value] : scope.inputs) names.push_back(name);
    for (auto it = names_.lower_bound(scope.prefix);
         it != names_.end() && it->first.rfind(scope.prefix, 0) == 0; ++it) {
      names.push_back(it->first.substr(scope.prefix.size()));
      if (names.size() > 200) break;
    }
    return names;
  }

  void read_repeat(Item& item) {
    const Value* repeat = item.value.find("repeat");
    if (repeat == nullptr) return;
    Diagnostics own;
    item.repeat = config::read<int>(*repeat, own);
    if (!own.empty() || item.repeat < 1 || item.repeat > static_cast<int>(kMostLayers)) {
      diagnostics_.add(repeat->place(),
                       fmt::format("repeat is '{}', expected 1 to {}", repeat->text(), kMostLayers));
      item.repeat = 1;
    }
  }

  void claim(const std::string& name, int value, const Place& place) {
    if (!names_.emplace(name, value).second) {
      diagnostics_.add(place, fmt::format("the name '{}' is used twice", name));
    }
  }

  void add_layer(const Item& item, Scope& scope, const Place& place) {
    if (layers_.size() >= kMostLayers) {
      diagnostics_.add(item.value.place(), fmt::format("more than {} layers", kMostLayers));
      stopped_ = true;
      return;
    }
    ExpandedLayer layer;
    layer.use = {.type = item.type, .name = scope.prefix + item.name, .place = item.value.place()};
    layer.kind = find_layer_kind(item.type);
    if (layer.kind == nullptr) report_unknown_layer(item.type, place);
    if (item.value.is_map()) layer.options = item.value;
    layer.inputs = item.inputs;
    layer.sound = item.sound;
    scope.previous = static_cast<int>(layers_.size());
    claim(layer.use.name, scope.previous, item.value.place());
    layers_.push_back(std::move(layer));
  }

  void report_unknown_layer(const std::string& type, const Place& place) {
    std::vector<std::string> known;
    for (const LayerKind& kind : layer_kinds()) known.push_back(kind.name);
    diagnostics_.add(place, fmt::format("there is no layer '{}'", type), suggestion(type, known));
  }

  void add_block(const Item& item, Scope& outer, const Place& place) {
    const auto found = blocks_.find(item.type);
    if (found == blocks_.end()) {
      std::vector<std::string> known;
      for (const auto& [name, block] : blocks_) known.push_back(name);
      diagnostics_.add(place, fmt::format("there is no block '{}' under blocks:", item.type),
                       suggestion(item.type, known));
      outer.previous = -1;
      stopped_ = true;  // what follows would only complain about shapes
      return;
    }
    if (!enter(item.type, place)) return;
    const Block& block = found->second;
    const Parameters parameters = bind(item, block);
    Scope inner;
    inner.prefix = fmt::format("{}{}.", outer.prefix, item.name);
    inner.parameters = &parameters;
    name_inputs(item, block, inner);
    if (!inner.inputs.empty() && !stopped_) {
      const std::size_t before = layers_.size();
      inner.previous = inner.inputs.at(block.inputs.front());
      add_items(block.layers, inner);
      if (!item.sound && layers_.size() > before) layers_[before].sound = false;
      outer.previous = inner.previous;
      claim(outer.prefix + item.name, inner.previous, item.value.place());
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
      diagnostics_.add(item.value.place(),
                       fmt::format("block '{}' ({}) has {} inputs, expected {}: {}", item.name, item.type,
                                   item.inputs.size(), block.inputs.size(), fmt::join(block.inputs, ", ")));
      stopped_ = true;
      return;
    }
    for (std::size_t i = 0; i < block.inputs.size(); ++i) {
      inner.inputs[block.inputs[i]] = i < item.inputs.size() ? item.inputs[i] : -1;
    }
  }

  Parameters bind(const Item& item, const Block& block) {
    Parameters bound;
    std::vector<std::string> known{"block", "name", "from", "repeat"};
    for (const Value::Entry& parameter : block.parameters.entries()) {
      known.push_back(parameter.key);
      const Value* given = item.value.find(parameter.key);
      if (given == nullptr && parameter.value.is_null()) {
        diagnostics_.add(item.value.place(),
                         fmt::format("block '{}' ({}) needs '{}'", item.name, item.type, parameter.key));
      }
      bound[parameter.key] = given != nullptr ? *given : substitute(parameter.value, bound, diagnostics_);
    }
    for (const Value::Entry& entry : item.value.entries()) {
      if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
        diagnostics_.add(entry.key_place,
                         fmt::format("block '{}' has no parameter '{}'", item.type, entry.key),
                         suggestion(entry.key, known));
      }
    }
    return bound;
  }

  Diagnostics& diagnostics_;
  std::map<std::string, Block> blocks_;
  std::vector<std::string> open_blocks_;
  std::map<std::string, int> names_;  // full names of layers and blocks so far: the value they give
  std::vector<ExpandedLayer> layers_;
  bool stopped_ = false;
};

}  // namespace

std::vector<ExpandedLayer> expand_layers(const Value& layers, const Value& blocks, Diagnostics& diagnostics) {
  return Expander(blocks, diagnostics).run(layers);
}

}  // namespace actionflow
