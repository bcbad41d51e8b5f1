#include "models/formats/keras/keras_layer_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace actionflow::keras {

std::string yaml(std::int64_t value) { return std::to_string(value); }
std::string yaml(double value) { return fmt::format("{}", value); }

// [1, 2, 2], or one number where all are equal.
std::string yaml(const std::vector<std::int64_t>& values) {
  if (std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == values.front(); })) {
    return yaml(values.front());
  }
  return fmt::format("[{}]", fmt::join(values, ", "));
}

const Value& only_input(const LayerUse& use) {
  if (use.inputs.size() != 1) use.settings.fail(fmt::format("has {} inputs, expected 1", use.inputs.size()));
  return use.inputs.front();
}

void need_rank(const LayerUse& use, int rank) {
  static const std::array<const char*, 5> kNames{"nothing", "(C)", "(T,C)", "(H,W,C)", "(T,H,W,C)"};
  const int have = only_input(use).rank;
  if (have != rank) {
    use.settings.fail(fmt::format("takes {}, but its input is {}", kNames[static_cast<std::size_t>(rank)],
                                  kNames[static_cast<std::size_t>(have)]));
  }
}

Line line_of(const LayerUse& use, std::string layer) {
  Line line{.layer = std::move(layer), .name = use.name, .options = {}, .from = {}};
  for (const Value& input : use.inputs) line.from.push_back(input.layer);
  return line;
}

bool is_of_keras_3(const LayerUse& use, const std::string& what) {
  if (use.version == kUnknownVersion)
    use.settings.fail(
        fmt::format("'{}' means one thing in Keras 2 and another in Keras 3, and the file does not say which "
                    "wrote it; set its attribute keras_version, or save it anew",
                    what));
  return use.version >= 3;
}

void need_channels_last(const Settings& settings) { settings.expect("data_format", "channels_last"); }

void add_bias(const LayerUse& use, Line& line) {
  if (!use.settings.flag("use_bias", true)) line.options.emplace_back("bias", "false");
}

std::string padding_of(const LayerUse& use, bool causal_too) {
  std::string padding = use.settings.text("padding", "valid");
  if (padding != "valid" && padding != "same" && !(causal_too && padding == "causal")) {
    use.settings.fail(fmt::format("the padding '{}' is not known here", padding));
  }
  return padding;
}

void add_padding(const LayerUse& use, bool causal_too, Line& line) {
  const std::string named = padding_of(use, causal_too);
  const auto& zeros = use.inputs[0].padding;
  if (zeros.empty()) {
    if (named != "valid") line.options.emplace_back("padding", named);
    return;
  }
  if (named != "valid")
    use.settings.fail(
        fmt::format("has the padding '{}' behind a ZeroPadding, which is not known here", named));
  std::vector<std::string> sides;
  for (const auto& [before, after] : zeros) sides.push_back(fmt::format("[{}, {}]", before, after));
  while (zeros.size() == 1 && sides.size() < 3) sides.emplace_back("[0, 0]");
  line.options.emplace_back("padding", fmt::format("[{}]", fmt::join(sides, ", ")));
}

Value append(const LayerUse& use, std::vector<Line>& lines, Line line, Value result) {
  result.layer = use.name;
  result.non_negative = line.layer == "relu";
  for (const auto& [option, value] : line.options)
    result.non_negative =
        result.non_negative || (option == "activation" && (value == "relu" || value == "relu6"));
  lines.push_back(std::move(line));
  return result;
}

// An extent along time only, of a layer that has one axis in Keras.
std::vector<std::int64_t> widened(std::vector<std::int64_t> axes) {
  if (axes.size() == 1) axes.insert(axes.end(), {1, 1});
  return axes;
}

void add_steps(const LayerUse& use, std::size_t axes, Line& line) {
  for (const auto& [ours, theirs] : {std::pair{"stride", "strides"}, {"dilation", "dilation_rate"}}) {
    if (!use.settings.has(theirs)) continue;
    const std::string value = yaml(widened(use.settings.integers(theirs, axes)));
    if (value != "1") line.options.emplace_back(ours, value);
  }
}

std::string axis_letter(const Json& axis, int rank) {
  static const std::array<std::string_view, 5> kAxes{"", "c", "tc", "hwc", "thwc"};
  if (!axis.is_number_integer()) return {};
  const auto number = axis.get<std::int64_t>();
  const std::int64_t place = number < 0 ? rank + number : number - 1;
  if (place < 0 || place >= rank) return {};
  return std::string(1, kAxes[static_cast<std::size_t>(rank)][static_cast<std::size_t>(place)]);
}

bool is_channel_axis(const Json& axis, int rank) { return axis == -1 || axis == rank; }

}  // namespace actionflow::keras
