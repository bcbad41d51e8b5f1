// Layers that run along the steps of a sequence or the samples of a clip.
#include <fmt/format.h>

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

}  // namespace

std::string direction_name(const std::string& layer, const std::string& direction) {
  return layer + "/" + direction;
}

const std::map<std::string, Converter>& recurrent_converters() {
  static const std::map<std::string, Converter> all{{"LSTM", recurrent<false>},
                                                    {"ConvLSTM2D", conv_lstm},
                                                    {"GRU", recurrent<true>},
                                                    {"Bidirectional", bidirectional}};
  return all;
}

}  // namespace actionflow::keras
