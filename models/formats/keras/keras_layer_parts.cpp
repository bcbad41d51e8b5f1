#include "models/formats/keras/keras_layer_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

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

namespace {

// Keras 3 gives a function that is none of its own as an object.
std::string activation_name(const Settings& settings, const std::string& key, const std::string& otherwise) {
  if (!settings.has(key) || !settings.at(key).is_object()) return settings.text(key, otherwise);
  const Settings object(settings.at(key), settings.where());
  const std::string kind = object.text("class_name", "?");
  return kind == "function" ? object.text("config", "?") : kind;
}

}  // namespace

Activation read_activation(const LayerUse& use, const Settings& settings, const std::string& key,
                           const std::string& otherwise) {
  static const std::map<std::string, std::string> kNames{{"linear", ""},
                                                         {"relu", "relu"},
                                                         {"sigmoid", "sigmoid"},
                                                         {"hard_sigmoid", "hard_sigmoid"},
                                                         {"tanh", "tanh"},
                                                         {"silu", "silu"},
                                                         {"hard_silu", "hard_swish"},
                                                         {"hard_swish", "hard_swish"},
                                                         {"swish", "silu"},
                                                         {"softmax", "softmax"},
                                                         {"gelu", "gelu"}};
  const std::string name = activation_name(settings, key, otherwise);
  const auto found = kNames.find(name);
  if (found == kNames.end())
    settings.fail(fmt::format("the {} '{}' is not known here", key, printable(name)));
  // clip(0.2x + 0.5) up to Keras 2, relu6(x + 3) / 6 since.
  const bool sixth = found->second == "hard_sigmoid" && is_of_keras_3(use, "hard_sigmoid");
  return {found->second, sixth ? "0.16666667" : ""};
}

Value append_activated(const LayerUse& use, std::vector<Line>& lines, Line line, Value result) {
  const Activation activation = read_activation(use, use.settings, "activation", "linear");
  if (activation.slope.empty()) {
    if (!activation.name.empty()) line.options.emplace_back("activation", activation.name);
    return append(use, lines, std::move(line), std::move(result));
  }
  result = append(use, lines, std::move(line), std::move(result));
  result.layer = use.name + "/activation";  // Keras 3 has no '/' in names
  lines.push_back({activation.name, result.layer, {{"slope", activation.slope}}, {use.name}});
  return result;
}

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
    result.non_negative = result.non_negative || (option == "activation" && value == "relu");
  lines.push_back(std::move(line));
  return result;
}

// An extent along time only, of a layer that has one axis in Keras.
std::vector<std::int64_t> widened(std::vector<std::int64_t> axes) {
  if (axes.size() == 1) axes.insert(axes.end(), {1, 1});
  return axes;
}

bool is_channel_axis(const Json& axis, int rank) { return axis == -1 || axis == rank; }

}  // namespace actionflow::keras
