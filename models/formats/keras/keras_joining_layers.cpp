// Layers that join steps of time or several inputs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "models/formats/keras/keras_activations.h"

namespace actionflow::keras {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

// The options of our layer that this recurrent layer of Keras becomes, but how large it is.
Options recurrent_options(const LayerUse& use, const Settings& settings, bool gru) {
  Options options;
  for (const char* key : {"stateful", "return_state", "time_major"}) settings.expect(key, false);
  std::string slope;
  bool leaky = false;
  for (const auto& [key, usual] : {std::pair{"activation", "tanh"}, {"recurrent_activation", "sigmoid"}}) {
    const Activation steps = read_activation(use, settings, key, usual);
    if (steps.empty()) settings.fail(fmt::format("a linear {} is not known here", key));
    const ActivationStep& step = steps.front();
    const bool has_slope = step.layer == "hard_sigmoid" && !step.options.empty();
    if (steps.size() > 1 || (!step.options.empty() && !has_slope))
      settings.fail(fmt::format("a {} with parameters of its own is not known here", key));
    if (step.layer != usual) options.emplace_back(key, step.layer);
    if (has_slope) slope = step.options.front().second;
    leaky = leaky || step.layer == "leaky_relu";
  }
  if (leaky && !slope.empty()) settings.fail("a leaky_relu beside a hard_sigmoid is not known here");
  if (!slope.empty()) options.emplace_back("slope", slope);
  if (settings.flag("return_sequences", false)) options.emplace_back("sequence", "true");
  if (!settings.flag("use_bias", true)) options.emplace_back("bias", "false");
  // Keras 2 before TensorFlow had it did not write the setting, and the gate applied before.
  const bool by_default = gru && !settings.has("reset_after") && is_of_keras_3(use, "reset_after");
  if (gru && !settings.flag("reset_after", by_default)) options.emplace_back("reset_after", "false");
  return options;
}

void add_all(const Options& options, Line& line) {
  line.options.insert(line.options.end(), options.begin(), options.end());
}

// Whether it gives a sequence, and whether backwards: from the last step to the first, in the order of
// running.
struct Course {
  bool sequence = false, reversed = false;
};

Course add_direction(const LayerUse& use, Line& line) {
  const bool sequence = use.settings.flag("return_sequences", false),
             backward = use.settings.flag("go_backwards", false);
  if (backward) line.options.emplace_back("backward", "true");
  return {sequence, sequence && backward};
}

template <bool gru>
Value recurrent(const LayerUse& use, std::vector<Line>& lines) {
  need_rank(use, 2);
  Line line = line_of(use, gru ? "gru" : "lstm");
  line.options.emplace_back("units", yaml(use.settings.integer("units")));
  add_all(recurrent_options(use, use.settings, gru), line);
  const Course course = add_direction(use, line);
  return append(use, lines, std::move(line),
                {.rank = course.sequence ? 2 : 1,
                 .channels = use.settings.integer("units"),
                 .reversed = course.reversed});
}

// Zeros that were put around pictures.
void add_space_padding(const LayerUse& use, Line& line) {
  const std::string padding = padding_of(use, false);
  const auto& zeros = use.inputs[0].padding;
  if (!zeros.empty() && padding != "valid")
    use.settings.fail(
        fmt::format("has the padding '{}' behind a ZeroPadding, which is not known here", padding));
  if (!zeros.empty())
    line.options.emplace_back(
        "padding", fmt::format("[[{}, {}], [{}, {}]]", zeros[1][0], zeros[1][1], zeros[2][0], zeros[2][1]));
  if (padding != "valid") line.options.emplace_back("padding", padding);
}

Options conv_lstm_options(const LayerUse& use) {
  need_rank(use, 4);
  need_channels_last(use.settings);
  Line line;
  line.options = {{"filters", yaml(use.settings.integer("filters"))},
                  {"kernel", yaml(use.settings.integers("kernel_size", 2))}};
  add_steps(use, 2, line);
  add_space_padding(use, line);
  add_all(recurrent_options(use, use.settings, false), line);
  return line.options;
}

Value conv_lstm(const LayerUse& use, std::vector<Line>& lines) {
  Line line = line_of(use, "conv_lstm2d");
  line.options = conv_lstm_options(use);
  const Course course = add_direction(use, line);
  return append(use, lines, std::move(line),
                {.rank = course.sequence ? 4 : 3,
                 .channels = use.settings.integer("filters"),
                 .reversed = course.reversed});
}

// One direction of a Bidirectional.
struct Direction {
  std::string cell;  // lstm, gru or conv_lstm2d
  Options options;
  std::int64_t units = 0;
  bool sequence = false;
  bool operator==(const Direction&) const = default;
};

Direction read_direction(const LayerUse& use, const std::string& key, bool backwards) {
  const Settings wrapper(use.settings.at(key), use.settings.where());
  const std::string cell = wrapper.text("class_name");
  static const std::map<std::string, const char*> kCells{
      {"LSTM", "lstm"}, {"GRU", "gru"}, {"ConvLSTM2D", "conv_lstm2d"}};
  const auto known = kCells.find(cell);
  if (known == kCells.end())
    use.settings.fail(fmt::format("of {}: expected LSTM, GRU or ConvLSTM2D", printable(cell)));
  const Settings inner(wrapper.at("config"), use.settings.where());
  inner.expect("go_backwards", backwards);
  const bool sequence = inner.flag("return_sequences", false);
  if (cell == "ConvLSTM2D")
    return {known->second, conv_lstm_options({use.name, cell, inner, use.inputs, use.call, use.version}),
            inner.integer("filters"), sequence};
  Options options = recurrent_options(use, inner, cell == "GRU");
  options.insert(options.begin(), {"units", yaml(inner.integer("units"))});
  return {known->second, std::move(options), inner.integer("units"), sequence};
}

struct Merge {
  const char* option;  // of our bidirectional layer
  const char* layer;   // that joins two of ours
};

const Merge& merge_of(const LayerUse& use) {
  static const std::map<std::string, Merge> kMerges{{"concat", {"concat", "concat"}},
                                                    {"sum", {"sum", "add"}},
                                                    {"ave", {"mean", "average"}},
                                                    {"mul", {"multiply", "multiply"}}};
  const auto merge = kMerges.find(use.settings.text("merge_mode"));
  if (merge == kMerges.end()) use.settings.fail("the 'merge_mode' is not known: concat, sum, ave or mul");
  return merge->second;
}

// Two layers and what joins them.
void append_directions(const LayerUse& use, std::vector<Line>& lines, const Direction& forward,
                       const Direction& backward, const char* merge) {
  Line join = line_of(use, merge);
  const std::vector<std::string> from = std::exchange(join.from, {});
  for (const Direction* one : {&forward, &backward}) {
    const bool reversed = one == &backward;
    Line line{one->cell, direction_name(use.name, reversed ? "backward" : "forward"), one->options, from};
    if (reversed) line.options.emplace_back("backward", "true");
    join.from.push_back(line.name);
    lines.push_back(std::move(line));
  }
  lines.push_back(std::move(join));
}

// Keras 3 always writes the layer that runs backwards, Keras 2 where it is one of its own.
Value bidirectional(const LayerUse& use, std::vector<Line>& lines) {
  const Merge& merge = merge_of(use);
  const bool concat = std::string_view(merge.option) == "concat";
  const Direction forward = read_direction(use, "layer", false);
  const Direction backward =
      use.settings.has("backward_layer") ? read_direction(use, "backward_layer", true) : forward;
  if (backward.sequence != forward.sequence)
    use.settings.fail("one direction gives a sequence and the other its last state");
  if (!concat && backward.units != forward.units)
    use.settings.fail(fmt::format("adds or multiplies {} and {} units", forward.units, backward.units));
  const bool maps = forward.cell == "conv_lstm2d";
  if (maps != (backward.cell == "conv_lstm2d")) use.settings.fail("joins maps and vectors");
  if (!maps) need_rank(use, 2);
  const Value result{.layer = use.name,
                     .rank = (maps ? 2 : 0) + (forward.sequence ? 2 : 1),
                     .channels = concat ? forward.units + backward.units : forward.units};
  if (maps || forward != backward) {
    append_directions(use, lines, forward, backward, merge.layer);
    return result;
  }
  Line line = line_of(use, "bidirectional");
  line.options = forward.options;
  line.options.insert(line.options.begin(), {"cell", forward.cell});
  if (!concat) line.options.emplace_back("merge", merge.option);
  return append(use, lines, std::move(line), result);
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
  Line line = line_of(use, kNames[kind]);
  const std::string axis =
      kind == kConcat && use.settings.has("axis") ? axis_letter(use.settings.at("axis"), result.rank) : "c";
  if (axis.empty()) use.settings.fail("joins along an axis that its inputs do not have");
  if (axis != "c") {
    line.options.emplace_back("axis", axis);
    result.one_position = false;
  } else if (kind == kConcat) {
    result.channels = 0;
    for (const Value& input : use.inputs) result.channels += input.channels;
  }
  result.classes = false;
  return append(use, lines, std::move(line), result);
}

Value over_time(const LayerUse& use, std::vector<Line>& lines, const Settings& arguments, bool max) {
  if (arguments.integer("axis", 0) != 1 || only_input(use).rank != 4)
    use.settings.fail("only a maximum and a mean over time (axis 1) of a clip are known");
  const int rank = arguments.flag("keepdims", false) ? 4 : 3;
  return append(use, lines, line_of(use, max ? "max_over_time" : "mean_over_time"),
                {.rank = rank, .channels = use.inputs[0].channels});
}

// A call of TensorFlow's own inside a functional network of Keras 2.
Value operation(const LayerUse& use, std::vector<Line>& lines) {
  const std::string function = use.settings.text("function", "");
  if (auto activated = append_function(use, lines, function)) return *activated;
  const bool max = function == "math.reduce_max";
  if (!max && function != "math.reduce_mean") {
    use.settings.fail(
        fmt::format("calls '{}'; only activations and math.reduce_max and reduce_mean over time are known",
                    printable(function)));
  }
  return over_time(use, lines, Settings(use.call, use.settings.where()), max);
}

// keras.ops.max and mean of Keras 3.
template <bool max>
Value operation_of_3(const LayerUse& use, std::vector<Line>& lines) {
  return over_time(use, lines, use.settings, max);
}

// keras.ops.flip of Keras 3: a sequence that was run through backwards is in its order again.
Value flip(const LayerUse& use, std::vector<Line>& lines) {
  Value result = only_input(use);
  if (axis_letter(use.settings.at("axis"), result.rank) != "t")
    use.settings.fail("turns another axis than time");
  if (result.reversed) {
    result.reversed = false;
    return result;
  }
  return append(use, lines, line_of(use, "reverse"), result);
}

Value select_frame(const LayerUse& use, std::vector<Line>& lines, const Json& spec, const Json& all) {
  if (!spec.is_array() || spec.size() != 2 || spec[0] != all || !spec[1].is_number_integer() ||
      only_input(use).rank != 4) {
    use.settings.fail("only one sample of a clip, x[:, k], can be sliced out");
  }
  Line line = line_of(use, "select_frame");
  line.options.emplace_back("frame", yaml(spec[1].get<std::int64_t>()));
  return append(use, lines, std::move(line), {.rank = 3, .channels = use.inputs[0].channels});
}

const Json kWholeAxis = {{"start", nullptr}, {"stop", nullptr}, {"step", nullptr}};

// x[:, k] of a clip: one of its samples.
Value slice(const LayerUse& use, std::vector<Line>& lines) {
  return select_frame(use, lines, use.call.contains("slice_spec") ? use.call["slice_spec"] : use.call,
                      kWholeAxis);
}

Value slice_of_3(const LayerUse& use, std::vector<Line>& lines) {
  const Json& arguments = use.call.contains("args") ? use.call["args"] : use.call;
  return select_frame(use, lines, arguments.is_array() && arguments.size() == 1 ? arguments[0] : arguments,
                      {{"class_name", "__slice__"}, {"config", kWholeAxis}});
}

}  // namespace

std::string direction_name(const std::string& layer, const std::string& direction) {
  return layer + "/" + direction;
}

const std::map<std::string, Converter>& joining_converters() {
  static const std::map<std::string, Converter> all{
      {"LSTM", recurrent<false>},
      {"ConvLSTM2D", conv_lstm},
      {"GRU", recurrent<true>},
      {"Bidirectional", bidirectional},
      {"Add", join<0>},
      {"Multiply", join<1>},
      {"Maximum", join<2>},
      {"Average", join<3>},
      {"Concatenate", join<4>},
      {"TFOpLambda", operation},
      {"SlicingOpLambda", slice},
      {"Max", operation_of_3<true>},
      {"Mean", operation_of_3<false>},
      {"GetItem", slice_of_3},
      {"Flip", flip},
  };
  return all;
}

}  // namespace actionflow::keras
