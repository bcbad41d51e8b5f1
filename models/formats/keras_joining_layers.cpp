// Layers that join steps of time or several inputs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "models/formats/keras_layer_parts.h"

namespace actionflow::keras {
namespace {

void add_recurrent_options(const Settings& settings, bool gru, Line& line) {
  for (const char* key : {"stateful", "return_state", "time_major"}) settings.expect(key, false);
  line.options.emplace_back("units", yaml(settings.integer("units")));
  for (const auto& [key, usual] : {std::pair{"activation", "tanh"}, {"recurrent_activation", "sigmoid"}}) {
    const std::string name = activation_name(settings, key, usual);
    if (name.empty()) settings.fail(fmt::format("a linear {} is not known here", key));
    if (name != usual) line.options.emplace_back(key, name);
  }
  if (settings.flag("return_sequences", false)) line.options.emplace_back("sequence", "true");
  if (!settings.flag("use_bias", true)) line.options.emplace_back("bias", "false");
  // Keras 2 before TensorFlow had it did not write the setting, and the gate applied before.
  if (gru && !settings.flag("reset_after", false)) line.options.emplace_back("reset_after", "false");
}

template <bool gru>
Value recurrent(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, 2);
  Line line = line_of(use, gru ? "gru" : "lstm");
  add_recurrent_options(use.settings, gru, line);
  const bool sequence = use.settings.flag("return_sequences", false);
  if (use.settings.flag("go_backwards", false)) {
    if (sequence)
      use.settings.fail("'go_backwards' with 'return_sequences' gives time reversed, not known here");
    line.options.emplace_back("backward", "true");
  }
  return append(use, lines, std::move(line),
                {.rank = sequence ? 2 : 1, .channels = use.settings.integer("units")});
}

Value bidirectional(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, 2);
  const Settings wrapper(use.settings.at("layer"), use.settings.where());
  const std::string cell = wrapper.text("class_name");
  if (cell != "LSTM" && cell != "GRU") use.settings.fail(fmt::format("of {}: expected LSTM or GRU", cell));
  if (use.settings.has("backward_layer"))
    use.settings.fail("a 'backward_layer' of its own is not known here");
  const Settings inner(wrapper.at("config"), use.settings.where());
  inner.expect("go_backwards", false);
  static const std::map<std::string, std::string> kMerges{
      {"concat", "concat"}, {"sum", "sum"}, {"ave", "mean"}, {"mul", "multiply"}};
  const auto merge = kMerges.find(use.settings.text("merge_mode"));
  if (merge == kMerges.end()) use.settings.fail("the 'merge_mode' is not known: concat, sum, ave or mul");
  Line line = line_of(use, "bidirectional");
  line.options.emplace_back("cell", cell == "GRU" ? "gru" : "lstm");
  add_recurrent_options(inner, cell == "GRU", line);
  if (merge->second != "concat") line.options.emplace_back("merge", merge->second);
  const std::int64_t units = inner.integer("units");
  return append(use, lines, std::move(line),
                {.rank = inner.flag("return_sequences", false) ? 2 : 1,
                 .channels = merge->second == "concat" ? 2 * units : units});
}

template <int kind>
Value join(const LayerUse& use, std::vector<Line>& lines) {
  static const std::array<const char*, 5> kNames{"add", "multiply", "maximum", "average", "concat"};
  constexpr int kConcat = 4;
  if (use.inputs.size() < 2) use.settings.fail("joins fewer than two layers");
  Value result = use.inputs.front();
  for (const Value& input : use.inputs) {
    if (input.rank != result.rank) use.settings.fail("joins layers of different numbers of axes");
  }
  if (kind == kConcat) {
    if (use.settings.has("axis") && !is_channel_axis(use.settings.at("axis"), result.rank)) {
      use.settings.fail("joins along another axis than the channels");
    }
    result.channels = 0;
    for (const Value& input : use.inputs) result.channels += input.channels;
  }
  result.classes = false;
  return append(use, lines, line_of(use, kNames[kind]), result);
}

// A call of TensorFlow's own inside a functional network: a maximum or mean over time.
Value operation(const LayerUse& use, std::vector<Line>& lines) {
  const std::string function = use.settings.text("function", "");
  const Settings call(use.call, use.settings.where());
  const bool max = function == "math.reduce_max";
  if ((!max && function != "math.reduce_mean") || call.integer("axis", 0) != 1 || only_input(use).rank != 4) {
    use.settings.fail(fmt::format(
        "calls '{}'; only math.reduce_max and reduce_mean over time (axis 1) are known", function));
  }
  const int rank = call.flag("keepdims", false) ? 4 : 3;
  return append(use, lines, line_of(use, max ? "max_over_time" : "mean_over_time"),
                {.rank = rank, .channels = use.inputs[0].channels});
}

// x[:, k] of a clip: one of its samples.
Value slice(const LayerUse& use, std::vector<Line>& lines) {
  const Json all = {{"start", nullptr}, {"stop", nullptr}, {"step", nullptr}};
  const Json& spec = use.call.contains("slice_spec") ? use.call["slice_spec"] : use.call;
  if (!spec.is_array() || spec.size() != 2 || spec[0] != all || !spec[1].is_number_integer() ||
      only_input(use).rank != 4) {
    use.settings.fail("only one sample of a clip, x[:, k], can be sliced out");
  }
  Line line = line_of(use, "select_frame");
  line.options.emplace_back("frame", yaml(spec[1].get<std::int64_t>()));
  return append(use, lines, std::move(line), {.rank = 3, .channels = use.inputs[0].channels});
}

}  // namespace

const std::map<std::string, Converter>& joining_converters() {
  static const std::map<std::string, Converter> all{
      {"LSTM", recurrent<false>}, {"GRU", recurrent<true>}, {"Bidirectional", bidirectional},
      {"Add", join<0>},           {"Multiply", join<1>},    {"Maximum", join<2>},
      {"Average", join<3>},       {"Concatenate", join<4>}, {"TFOpLambda", operation},
      {"SlicingOpLambda", slice},
  };
  return all;
}

}  // namespace actionflow::keras
