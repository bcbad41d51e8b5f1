// A kind of layer: its options in a model file, its result's shape, its parameters, and the operations
// that it emits into the network's graph. One kind is one file in this folder;
// models/description/layers/registry.h lists all.
//
//   struct Dropout : Layer {
//     float rate = 0.5F;
//     static void describe(config::Fields<Dropout>& fields) { fields.add("rate", &Dropout::rate, "…"); }
//     void emit(Emitter& emitter) const override;
//   };
//
// Reading never throws for what a person wrote: wrong options go to Diagnostics. While emitting, a layer
// says what does not fit by Emitter::fail, which names the layer and its place. Used from one thread.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/config.h"
#include "models/description/layers/torch_form.h"
#include "models/graph/activation_names.h"
#include "models/graph/graph.h"

namespace actionflow {

// Where it stands, and what its parameters' names begin with.
struct LayerUse {
  std::string type;
  std::string name;
  config::Place place;
};

// Thrown by Emitter::fail; the reader of the network turns it into a diagnostic.
struct LayerError {
  std::string message;
};

// What a layer emits into: the graph under construction, seen from one layer.
class Emitter {
 public:
  Emitter(Graph& graph, int layer, const LayerUse& use, std::vector<int> inputs)
      : graph_(graph), layer_(layer), use_(use), inputs_(std::move(inputs)) {}

  // The layer's only input. Fails where it has several.
  int input() const;
  const std::vector<int>& inputs() const { return inputs_; }
  const Extents& extents(int value) const { return graph_.extents(value); }
  // "'conv1' (64×10×56×56)", for messages.
  std::string describe(int value) const;

  // Appends an operation and returns its value. The last one appended is the layer's result. `suffix`
  // is what its name adds to the layer's where a layer emits several. Fails for a result without
  // elements or with more than 2³¹ − 1.
  int add(Operation operation, std::vector<int> inputs, const Extents& result,
          std::vector<Parameter> parameters = {}, std::string_view suffix = {});

  // Named "<layer>.<role>", or "<layer>.<part>.<role>". Fails above 2³¹ − 1 elements.
  Parameter parameter(std::string_view role, Shape shape, Initializer initializer,
                      std::string_view part = {}) const;

  [[noreturn]] void fail(const std::string& message) const;

 private:
  Graph& graph_;
  int layer_;
  const LayerUse& use_;
  std::vector<int> inputs_;
};

// What the rest of the file says, for options that depend on it.
struct NetworkFacts {
  int classes = 0;  // 0: the file does not say
};

class Layer {
 public:
  virtual ~Layer() = default;
  // Called once after the options are read: checks and reads what a plain field cannot say.
  virtual void settle(const NetworkFacts&, config::Diagnostics&) {}
  virtual void emit(Emitter& emitter) const = 0;
};

struct LayerKind {
  std::string name;
  std::string help;    // one line
  std::string sample;  // `layers:` of a network on a clip of 3×6×8×8 that ends in it: tests run it
  std::unique_ptr<Layer> (*read)(const config::Value& options, config::Diagnostics& diagnostics) = nullptr;
  config::Schema (*schema)() = nullptr;  // of its options
  TorchForm (*torch_form)(const Parameter& parameter, const GraphNode& node) = usual_torch_form;
};

// The keys that stand beside a layer's own options.
inline const std::vector<std::string>& keys_beside_options() {
  static const std::vector<std::string> keys{"layer", "name", "from", "when", "repeat", "first_index"};
  return keys;
}

// `options` and the layers `before` it, as YAML text, make its sample.
template <class L>
LayerKind layer_kind(const std::string& name, std::string help, const std::string& options,
                     const std::string& before = {}) {
  LayerKind kind;
  kind.name = name;
  kind.help = std::move(help);
  kind.sample = "[" + before + (before.empty() ? "" : ", ") + "{layer: " + name +
                (options.empty() ? "" : ", ") + options + "}]";
  kind.read = [](const config::Value& value, config::Diagnostics& diagnostics) -> std::unique_ptr<Layer> {
    return std::make_unique<L>(config::read<L>(value, diagnostics, keys_beside_options()));
  };
  kind.schema = [] { return config::schema_of<L>(); };
  if constexpr (requires { &L::torch_form; }) kind.torch_form = &L::torch_form;
  return kind;
}

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::ActivationKind> {
  static constexpr const auto& names = actionflow::kActivationNames;
};

template <>
struct actionflow::config::EnumNames<actionflow::ValueAxis> {
  using ValueAxis = actionflow::ValueAxis;
  static constexpr std::array<std::pair<ValueAxis, std::string_view>, 4> names{
      {{ValueAxis::t, "t"}, {ValueAxis::h, "h"}, {ValueAxis::w, "w"}, {ValueAxis::c, "c"}}};
};
