#include "models/description/architecture.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "base/config/schema.h"
#include "models/description/block_expansion.h"
#include "models/description/extension.h"
#include "models/description/layers/action_outputs.h"
#include "models/description/layers/layer.h"
#include "models/description/model_text.h"
#include "models/description/network_rules.h"
#include "models/graph/traits.h"

namespace actionflow {
namespace {

using config::Diagnostics;
using config::Value;

constexpr std::size_t kMostInputs = 1024;  // of one layer

struct ModelFile {
  std::string name;
  InputSpec input;
  bool streams = false;
  Value classes;
  Value defaults;
  Value blocks;
  Value layers;

  static void describe(config::Fields<ModelFile>& fields) {
    fields.add("name", &ModelFile::name, "of the network; the file's unless told");
    fields.add("input", &ModelFile::input, "the input form").required();
    fields.add("streams", &ModelFile::streams, kStreamsHelp);
    fields.add("classes", &ModelFile::classes, "how many, or a list of names");
    fields.add("defaults", &ModelFile::defaults, kDefaultsHelp);
    fields.add("blocks", &ModelFile::blocks, "lists of layers with parameters, by name");
    fields.add("layers", &ModelFile::layers, "the network, from the clip on").required();
  }
};

std::vector<std::string> read_class_names(const Value& list, Diagnostics& diagnostics) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Value& item : list.items()) {
    names.push_back(item.text());
    if (!item.is_scalar() || item.text().empty()) {
      diagnostics.add(item.place(), "a class is not a name, expected text");
    } else if (!seen.insert(item.text()).second) {
      diagnostics.add(item.place(), fmt::format("the class '{}' stands twice", item.text()));
    }
    if (diagnostics.size() > 100) break;
  }
  return names;
}

std::vector<std::string> read_classes(const Value& value, Diagnostics& diagnostics) {
  if (value.is_null()) return {};
  if (value.is_list() && !value.items().empty() && value.items().size() <= kMostClasses) {
    return read_class_names(value, diagnostics);
  }
  Diagnostics own;
  const auto count = value.is_scalar() ? config::read<std::int64_t>(value, own) : 0;
  if (!own.empty() || count < 1 || count > static_cast<std::int64_t>(kMostClasses)) {
    diagnostics.add(value.place(),
                    fmt::format("classes is neither 1 to {} nor a list of as many names", kMostClasses));
    return {};
  }
  return numbered_classes(static_cast<std::size_t>(count));
}

// Lays the layers' operations into a graph, one layer after another.
class Builder {
 public:
  Builder(Architecture& architecture, Diagnostics& diagnostics)
      : architecture_(architecture), diagnostics_(diagnostics) {}

  void run(const std::vector<ExpandedLayer>& layers) {
    const InputSpec& input = architecture_.input;
    graph().input = {input.channels, input.frames, input.height, input.width};
    for (const ExpandedLayer& layer : layers) {
      values_.push_back(add(layer));
      if (diagnostics_.size() > 100) return;
    }
    graph().output = values_.back().value_or(-1);
  }

 private:
  Graph& graph() { return architecture_.graph; }

  // The layer's value, or nothing when it has none: its options are wrong, it does not fit, or what it
  // stands on has none, which is an error already.
  std::optional<int> add(const ExpandedLayer& expanded) {
    if (expanded.kind == nullptr) return std::nullopt;
    const std::size_t errors = diagnostics_.size();
    const std::unique_ptr<Layer> layer = expanded.kind->read(options_of(expanded), diagnostics_);
    layer->settle({.classes = static_cast<int>(architecture_.classes.size())}, diagnostics_);
    const std::optional<std::vector<int>> inputs = inputs_of(expanded);
    if (diagnostics_.size() != errors || !inputs) return std::nullopt;
    return emit(*layer, expanded.use, *inputs);
  }

  static Value options_of(const ExpandedLayer& expanded) {
    return expanded.options.is_null() ? config::make_map({}) : expanded.options;
  }

  std::optional<std::vector<int>> inputs_of(const ExpandedLayer& expanded) {
    if (!expanded.sound) return std::nullopt;
    if (expanded.inputs.size() > kMostInputs) {
      diagnostics_.add(expanded.use.place,
                       fmt::format("layer '{}' has {} inputs, expected at most {}", expanded.use.name,
                                   expanded.inputs.size(), kMostInputs));
      return std::nullopt;
    }
    std::vector<int> inputs;
    for (const int layer : expanded.inputs) {
      const std::optional<int> value = layer < 0 ? -1 : values_[static_cast<std::size_t>(layer)];
      if (!value) return std::nullopt;
      inputs.push_back(*value);
    }
    return inputs;
  }

  std::optional<int> emit(const Layer& layer, const LayerUse& use, const std::vector<int>& inputs) {
    const std::size_t first = graph().nodes.size();
    Emitter emitter(graph(), static_cast<int>(architecture_.layers.size()), use, inputs);
    try {
      layer.emit(emitter);
    } catch (const LayerError& error) {
      graph().nodes.resize(first);
      diagnostics_.add(use.place, error.message);
      return std::nullopt;
    }
    note_layer(use, first);
    return static_cast<int>(graph().nodes.size()) - 1;
  }

  void note_layer(const LayerUse& use, std::size_t first) {
    LayerInfo info;
    info.name = use.name;
    info.type = use.type;
    info.place = use.place;
    info.output = graph().nodes.back().extents;
    for (std::size_t i = first; i < graph().nodes.size(); ++i) {
      const GraphNode& node = graph().nodes[i];
      info.parameters.insert(info.parameters.end(), node.parameters.begin(), node.parameters.end());
      if (__builtin_add_overflow(info.macs, traits(graph(), node).multiply_accumulates, &info.macs))
        costs_fit_ = false;
    }
    if (__builtin_add_overflow(macs_, info.macs, &macs_)) costs_fit_ = false;
    if (!costs_fit_) diagnostics_.add(use.place, "the network's multiply-accumulates do not fit in 63 bits");
    architecture_.layers.push_back(std::move(info));
  }

  Architecture& architecture_;
  Diagnostics& diagnostics_;
  std::vector<std::optional<int>> values_;  // of each expanded layer
  std::int64_t macs_ = 0;
  bool costs_fit_ = true;
};

Value class_list(const std::vector<std::string>& classes) {
  if (classes == numbered_classes(classes.size())) return config::make_scalar(std::to_string(classes.size()));
  std::vector<Value> names;
  names.reserve(classes.size());
  for (const std::string& name : classes) names.push_back(config::make_scalar(name, true));
  return config::make_list(std::move(names));
}

// Without a color where there is none, since one that is written has to fit the channels.
Value input_value(const InputSpec& input) {
  Value all = config::to_value(input);
  if (input.takes_pictures()) return all;
  std::vector<Value::Entry> entries = all.entries();
  std::erase_if(entries, [](const Value::Entry& entry) { return entry.key == "color"; });
  return config::make_map(std::move(entries));
}

std::string text_of(const Architecture& architecture, const ModelFile& file) {
  std::vector<Value::Entry> entries;
  entries.push_back({"name", {}, config::make_scalar(architecture.name, true)});
  entries.push_back({"input", {}, input_value(architecture.input)});
  if (architecture.streams) entries.push_back({"streams", {}, config::make_scalar("true")});
  if (!architecture.classes.empty()) entries.push_back({"classes", {}, class_list(architecture.classes)});
  if (!file.defaults.is_null()) entries.push_back({"defaults", {}, file.defaults});
  if (!file.blocks.is_null()) entries.push_back({"blocks", {}, file.blocks});
  entries.push_back({"layers", {}, file.layers});
  return model_text(config::make_map(std::move(entries)));
}

std::string file_stem(const Value& root) {
  return root.place().file ? std::filesystem::path(*root.place().file).stem().string()
                           : std::string("network");
}

std::int64_t count_parameters(const std::vector<LayerInfo>& layers, bool trainable_only) {
  std::int64_t count = 0;
  for (const LayerInfo& layer : layers) {
    for (const Parameter& parameter : layer.parameters) {
      if (parameter.trainable || !trainable_only) count += element_count(parameter.shape);
    }
  }
  return count;
}

}  // namespace

std::int64_t Architecture::parameter_count() const { return count_parameters(layers, false); }

std::int64_t Architecture::trainable_parameter_count() const { return count_parameters(layers, true); }

std::int64_t Architecture::macs() const {
  std::int64_t sum = 0;
  for (const LayerInfo& layer : layers) sum += layer.macs;
  return sum;
}

bool Architecture::names_classes() const { return classes != numbered_classes(classes.size()); }

bool Architecture::gives_action_scores() const {
  return !layers.empty() && layers.back().type == kActionScoresLayer;
}

namespace {

std::vector<ExpandedLayer> layers_of(const ModelFile& file, const Value& root, Diagnostics& diagnostics) {
  if (!file.layers.is_list() || file.layers.items().empty()) {
    if (root.find("layers") != nullptr)
      diagnostics.add(file.layers.place(), "layers is not a list of layers");
    diagnostics.throw_if_any();
  }
  std::vector<ExpandedLayer> layers = expand_layers(file.layers, file.blocks, file.defaults, diagnostics);
  if (layers.empty()) {
    if (diagnostics.empty()) diagnostics.add(file.layers.place(), "no layer of layers: stands");
    diagnostics.throw_if_any();
  }
  return layers;
}

// `root` extends nothing.
Architecture read_whole(const Value& root, const std::string& name, const std::vector<std::string>& classes) {
  Diagnostics diagnostics;
  const auto file = config::read<ModelFile>(root, diagnostics);
  Architecture architecture;
  architecture.name = file.name.empty() ? name : file.name;
  architecture.input = file.input;
  architecture.streams = file.streams;
  architecture.classes = classes.empty() ? read_classes(file.classes, diagnostics) : classes;
  Builder(architecture, diagnostics).run(layers_of(file, root, diagnostics));
  diagnostics.throw_if_any();
  settle_classes(architecture, diagnostics);
  check_all_used(architecture, diagnostics);
  check_streams(architecture, diagnostics);
  diagnostics.throw_if_any();
  architecture.yaml = text_of(architecture, file);
  return architecture;
}

}  // namespace

Architecture read_architecture(const Value& root, const std::vector<std::string>& classes) {
  return read_whole(extended(root), file_stem(root), classes);
}

Architecture load_architecture(const std::filesystem::path& file,
                               std::span<const config::Override> overrides) {
  return read_architecture(config::load(file, overrides));
}

Architecture parse_architecture(std::string_view yaml, const std::string& name) {
  const Value root = config::parse(yaml, name);
  return read_whole(root, file_stem(root), {});
}

std::string difference(const Architecture& a, const Architecture& b) {
  if (a.input != b.input) return "the input forms differ";
  if (a.classes != b.classes) {
    return fmt::format("the classes differ ({} and {})", a.classes.size(), b.classes.size());
  }
  if (a.streams != b.streams) return "one is for streams, the other for clips";
  if (a.graph == b.graph) return {};
  for (std::size_t i = 0; i < std::min(a.graph.nodes.size(), b.graph.nodes.size()); ++i) {
    const GraphNode& one = a.graph.nodes[i];
    const GraphNode& other = b.graph.nodes[i];
    if (one == other) continue;
    if (one.name != other.name)
      return fmt::format("layer '{}' stands where the other has '{}'", one.name, other.name);
    if (one.extents != other.extents) {
      return fmt::format("layer '{}' gives {} and {}", one.name, to_string(one.extents),
                         to_string(other.extents));
    }
    return fmt::format("layer '{}' differs in its options, inputs or parameters", one.name);
  }
  return fmt::format("one has {} operations, the other {}", a.graph.nodes.size(), b.graph.nodes.size());
}

}  // namespace actionflow
