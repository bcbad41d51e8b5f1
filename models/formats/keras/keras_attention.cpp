// Attention among the steps of a sequence, or the places of a clip.
#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <utility>

#include "models/formats/keras/keras_layer_parts.h"

namespace actionflow::keras {
namespace {

// Inputs are the query, the value and, where it is not the value, the key.
struct Inputs {
  Value query, key, value;
};

Inputs read_inputs(const LayerUse& use) {
  if (use.inputs.size() < 2 || use.inputs.size() > 3)
    use.settings.fail(
        fmt::format("has {} inputs, expected a query, a value and perhaps a key", use.inputs.size()));
  for (const Value& input : use.inputs) {
    if (input.rank != use.inputs.front().rank || input.rank < 2)
      use.settings.fail("attends among values of different numbers of axes, or without steps");
  }
  for (const char* mask : {"attention_mask", "query_mask", "value_mask", "key_mask", "mask"}) {
    if (use.call.contains(mask) && !use.call[mask].is_null())
      use.settings.fail(fmt::format("is called with '{}', which is not known here", mask));
  }
  for (const char* flag : {"use_causal_mask", "return_attention_scores"}) {
    if (use.call.contains(flag) && use.call[flag] == true)
      use.settings.fail(fmt::format("is called with '{}', which is not known here", flag));
  }
  return {use.inputs[0], use.inputs.back(), use.inputs[1]};
}

// Without weights: softmax(q·kᵀ)·v.
Value attention(const LayerUse& use, std::vector<Line>& lines) {
  const Inputs inputs = read_inputs(use);
  need_rank({use.name, use.class_name, use.settings, {inputs.query}, use.call, use.version}, 2);
  use.settings.expect("use_scale", false);
  if (use.settings.text("score_mode", "dot") != "dot")
    use.settings.fail("scores by another way than products");
  Line line = line_of(use, "attention");
  line.from = {inputs.query.layer, inputs.key.layer, inputs.value.layer};
  line.options = {{"heads", "1"}, {"scale", "1"}};
  return append(use, lines, std::move(line), {.rank = 2, .channels = inputs.value.channels});
}

// Who sees whom, by the axes along which it attends: all of the value's unless told.
void add_axes(const LayerUse& use, int rank, Line& line) {
  if (!use.settings.has("attention_axes")) return;
  constexpr const char* kWholeAxis = "4096";
  std::map<std::string, std::string> window{{"t", "1"}, {"h", "1"}, {"w", "1"}};
  std::string attended;
  for (const std::int64_t axis :
       use.settings.integers("attention_axes", use.settings.at("attention_axes").is_number() ? 1 : 0)) {
    const std::string letter = axis_letter(axis, rank);
    if (letter.empty() || letter == "c") use.settings.fail(fmt::format("attends along its axis {}", axis));
    window[letter] = kWholeAxis;
    attended += letter;
  }
  if (static_cast<int>(attended.size()) + 1 == rank) return;
  if (rank == 4 && (attended == "t" || attended == "hw")) {
    line.options.emplace_back("within", attended == "t" ? "time" : "space");
  } else {
    line.options.emplace_back("window", fmt::format("[{}, {}, {}]", window["t"], window["h"], window["w"]));
  }
}

// Three products, attention by heads, and a product of its result, each a layer called by what it is there.
Value multi_head_attention(const LayerUse& use, std::vector<Line>& lines) {
  const Inputs inputs = read_inputs(use);
  const std::int64_t heads = use.settings.integer("num_heads"), size = use.settings.integer("key_dim");
  if (heads < 1 || heads > 1 << 16 || size < 1 || size > 1 << 16)
    use.settings.fail(fmt::format("has {} heads of {}", heads, size));
  if (use.settings.integer("value_dim", size) != size)
    use.settings.fail("has values of another size than its keys, which is not known here");
  const std::int64_t units = use.settings.has("output_shape") ? use.settings.integers("output_shape", 1).at(0)
                                                              : inputs.query.channels;
  if (units < 1) use.settings.fail("has a query whose channels are not known");
  const auto product = [&](const char* part, std::int64_t of, const std::string& from) {
    Line line{"dense", use.name + "/" + part, {{"units", yaml(of)}}, {from}};
    add_bias(use, line);
    lines.push_back(line);
    return line.name;
  };
  const std::string query = product("query", heads * size, inputs.query.layer),
                    key = product("key", heads * size, inputs.key.layer),
                    value = product("value", heads * size, inputs.value.layer);
  const std::string scores = use.name + "/attention";
  Line attended{"attention", scores, {{"heads", yaml(heads)}}, {query, key, value}};
  add_axes(use, inputs.query.rank, attended);
  lines.push_back(std::move(attended));
  Value result{
      .layer = product("attention_output", units, scores), .rank = inputs.query.rank, .channels = units};
  return result;
}

}  // namespace

const std::map<std::string, Converter>& attention_converters() {
  static const std::map<std::string, Converter> all{{"Attention", attention},
                                                    {"MultiHeadAttention", multi_head_attention}};
  return all;
}

}  // namespace actionflow::keras
