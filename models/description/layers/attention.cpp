#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "models/description/layers/layers.h"
#include "models/description/layers/window.h"

namespace actionflow {

enum class Within { all, space, time };

}  // namespace actionflow

template <>
struct actionflow::config::EnumNames<actionflow::Within> {
  using Within = actionflow::Within;
  static constexpr std::array<std::pair<Within, std::string_view>, 3> names{
      {{Within::all, "all"}, {Within::space, "space"}, {Within::time, "time"}}};
};

template <>
struct actionflow::config::EnumNames<actionflow::Attention::Bias> {
  using Bias = actionflow::Attention::Bias;
  static constexpr std::array<std::pair<Bias, std::string_view>, 3> names{
      {{Bias::none, "none"}, {Bias::table, "table"}, {Bias::decomposed, "decomposed"}}};
};

namespace actionflow {
namespace {

constexpr const char* kAxisNames[] = {"time", "height", "width"};

std::int64_t positions(const Axes& map) { return std::int64_t{1} * map[0] * map[1] * map[2]; }

Axes axes_of(const Extents& e) {
  return {static_cast<int>(e.t), static_cast<int>(e.h), static_cast<int>(e.w)};
}

struct AttentionLayer : Layer {
  int heads = 1;
  float scale = 0;
  Within within = Within::all;
  std::optional<Axes> window, query_map, key_map;
  Axes shift{0, 0, 0};
  Attention::Bias bias = Attention::Bias::none;
  bool class_token = false, add_query = false;

  static void describe(config::Fields<AttentionLayer>& fields) {
    using Self = AttentionLayer;
    const int most = kMostKernel;
    fields.add("heads", &Self::heads, "equal parts of the channels, each with weights of its own")
        .range(1, 1 << 16)
        .required();
    fields.add("scale", &Self::scale, "of the products; 0: 1/√(channels of a head)").range(0, 1e6);
    fields.add("within", &Self::within,
               "who sees whom: all, a sample's places (space), a place's samples (time)");
    fields
        .add("window", &Self::window,
             "time, height, width of windows instead, within which positions see each other")
        .range(1, most);
    fields.add("shift", &Self::shift, "windows begin so many steps later, around the end").range(0, most);
    fields.add("bias", &Self::bias, "by distance: a table's, or products of the query with a vector an axis");
    fields.add("class_token", &Self::class_token,
               "the first position stands outside of the map of the others");
    fields
        .add("query_map", &Self::query_map, "time, height, width of the queries' map, where they are one row")
        .range(1, 1 << 16);
    fields.add("key_map", &Self::key_map, "the same of the keys; as the queries' unless told")
        .range(1, 1 << 16);
    fields.add("add_query", &Self::add_query, "adds the query itself, but not at the class token");
  }

  // As torchvision's transformers name them.
  static TorchForm torch_form(const Parameter& parameter, const GraphNode& node) {
    TorchForm form = usual_torch_form(parameter, node);
    std::string& name = form.tensors.front();
    if (name == "table") name = "relative_position_bias_table";
    if (name == "time") name = "rel_pos_t";
    if (name == "height") name = "rel_pos_h";
    if (name == "width") name = "rel_pos_w";
    return form;
  }

  void emit(Emitter& emitter) const override {
    const Values values = check_inputs(emitter);
    Attention attention{.heads = heads, .scale = scale, .class_token = class_token, .add_query = add_query};
    set_maps(emitter, values, attention);
    set_window(emitter, values, attention);
    std::vector<Parameter> parameters = set_bias(emitter, values, attention);
    Extents result = values.query;
    emitter.add(attention, emitter.inputs(), result, std::move(parameters));
  }

 private:
  struct Values {
    Extents query, key;
  };

  Values check_inputs(const Emitter& emitter) const {
    const std::vector<int>& inputs = emitter.inputs();
    if (inputs.size() != 1 && inputs.size() != 3)
      emitter.fail(fmt::format(
          "has {} inputs, expected queries, keys and values, or one that holds the three", inputs.size()));
    Values values{emitter.extents(inputs.front()), emitter.extents(inputs[inputs.size() / 2])};
    if (inputs.size() == 1) {
      if (values.query.c % 3 != 0)
        emitter.fail(fmt::format("the channels of its input {} are not three equal parts",
                                 emitter.describe(inputs.front())));
      values.query.c = values.key.c = values.query.c / 3;
    } else if (emitter.extents(inputs[1]) != emitter.extents(inputs[2]) || values.query.c != values.key.c) {
      emitter.fail(
          fmt::format("its queries {}, keys {} and values {} do not fit, expected equal channels, and "
                      "keys and values of one shape",
                      emitter.describe(inputs[0]), emitter.describe(inputs[1]), emitter.describe(inputs[2])));
    }
    if (values.query.c % heads != 0)
      emitter.fail(fmt::format("{} heads do not divide its {} channels", heads, values.query.c));
    return values;
  }

  void set_maps(const Emitter& emitter, const Values& values, Attention& attention) const {
    attention.query_map = query_map.value_or(axes_of(values.query));
    attention.key_map = key_map ? *key_map : query_map ? *query_map : axes_of(values.key);
    if (class_token && !query_map)
      emitter.fail("has a class token, expected query_map, the extents of the others' map");
    check_map(emitter, "query_map", attention.query_map, values.query);
    check_map(emitter, "key_map", attention.key_map, values.key);
  }

  void check_map(const Emitter& emitter, const char* name, const Axes& map, const Extents& value) const {
    const std::int64_t expected = value.positions() - (class_token ? 1 : 0);
    if (positions(map) == expected) return;
    emitter.fail(fmt::format("{} {} has {} positions, but its value {}{}", name, to_string(map),
                             positions(map), expected, class_token ? " beside the class token" : ""));
  }

  void set_window(const Emitter& emitter, const Values& values, Attention& attention) const {
    if (window && within != Within::all) emitter.fail("has both within and window, expected one of them");
    if (within == Within::space) attention.window = {1, 0, 0};
    if (within == Within::time) attention.window = {0, 1, 1};
    if (window) clip_window(emitter, values, attention);
    if (attention.window == Axes{0, 0, 0}) return;
    if (values.query.positions() != values.key.positions() || values.query.t != values.key.t ||
        values.query.h != values.key.h)
      emitter.fail("its queries and keys have other positions, expected the same within windows");
    if (class_token)
      emitter.fail("has a class token in windows, expected it where all positions see each other");
  }

  // A window that is no smaller than its value is all of it, unshifted.
  void clip_window(const Emitter& emitter, const Values& values, Attention& attention) const {
    const Axes extents = axes_of(values.query);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const int own = (*window)[axis];
      if (own >= extents[axis]) {
        attention.window[axis] = extents[axis];
        continue;
      }
      if (extents[axis] % own != 0)
        emitter.fail(fmt::format("windows of {} do not divide the {} of its {}", own, kAxisNames[axis],
                                 extents[axis]));
      if (shift[axis] >= own)
        emitter.fail(fmt::format("shift is {} along {}, expected less than the window's {}", shift[axis],
                                 kAxisNames[axis], own));
      attention.window[axis] = own;
      attention.shift[axis] = shift[axis];
    }
  }

  std::vector<Parameter> set_bias(const Emitter& emitter, const Values& values, Attention& attention) const {
    if (bias == Attention::Bias::none) return {};
    if (bias == Attention::Bias::table) return set_table(emitter, attention);
    if (attention.window != Axes{0, 0, 0})
      emitter.fail("has a decomposed bias in windows, expected it where all positions see each other");
    attention.bias = Attention::Bias::decomposed;
    std::vector<Parameter> parameters;
    for (std::size_t axis = 0; axis < 3; ++axis)
      parameters.push_back(emitter.parameter(
          kAxisNames[axis],
          {2 * std::max(attention.query_map[axis], attention.key_map[axis]) - 1, values.query.c / heads},
          Initializer::small_normal));
    return parameters;
  }

  std::vector<Parameter> set_table(const Emitter& emitter, Attention& attention) const {
    if (class_token || attention.query_map != attention.key_map)
      emitter.fail("has a table of biases, expected one map of queries and keys without a class token");
    attention.bias = Attention::Bias::table;
    std::int64_t distances = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const int seen = attention.window[axis] == 0 ? attention.query_map[axis] : attention.window[axis];
      attention.table[axis] = window ? std::max((*window)[axis], seen) : seen;
      distances *= 2 * attention.table[axis] - 1;
    }
    return {emitter.parameter("table", {distances, heads}, Initializer::small_normal)};
  }
};

}  // namespace

std::vector<LayerKind> attention_layers() {
  return {layer_kind<AttentionLayer>(
      "attention", "each position's mean of values, weighed by its query and their keys",
      "heads: 2, window: [2, 4, 4], shift: [1, 2, 0], bias: table", "{layer: dense, units: 24}")};
}

}  // namespace actionflow
