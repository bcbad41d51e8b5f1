// Keras' activations: by name, as layers, and as operations of a functional network.
#include "models/formats/keras/keras_activations.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow::keras {
namespace {

using Options = std::vector<std::pair<std::string, std::string>>;

Activation one(std::string layer, Options options = {}) { return {{std::move(layer), std::move(options)}}; }

Activation relu(double slope, double threshold, std::optional<double> most) {
  if (slope == 0 && threshold == 0) {
    if (!most) return one("relu");
    return one("clip", {{"high", yaml(*most)}});
  }
  Activation steps = one("leaky_relu", {{"slope", yaml(slope)}, {"threshold", yaml(threshold)}});
  if (most) steps.push_back({"clip", {{"low", "-3.4e38"}, {"high", yaml(*most)}}});
  return steps;
}

// clip(0.2x + 0.5) up to Keras 2, relu6(x + 3) / 6 since.
Activation hard_sigmoid(bool keras_3) {
  return one("hard_sigmoid", keras_3 ? Options{{"slope", "0.16666667"}} : Options{});
}

// By the name that Keras and TensorFlow give the function, with the parameters that it has then.
const std::map<std::string, Activation>& functions() {
  static const std::map<std::string, Activation> all{
      {"linear", {}},
      {"relu", one("relu")},
      {"relu6", one("relu6")},
      {"leaky_relu", one("leaky_relu")},
      {"elu", one("elu")},
      {"celu", one("elu")},
      {"selu", one("selu")},
      {"sigmoid", one("sigmoid")},
      {"tanh", one("tanh")},
      {"hard_tanh", one("clip", {{"low", "-1"}, {"high", "1"}})},
      {"softplus", one("softplus")},
      {"softsign", one("softsign")},
      {"exponential", one("exponential")},
      {"silu", one("silu")},
      {"swish", one("silu")},
      {"hard_silu", one("hard_swish")},
      {"hard_swish", one("hard_swish")},
      {"mish", one("mish")},
      {"softmax", one("softmax")},
      {"gelu", one("gelu")}};
  return all;
}

using FromSettings = Activation (*)(const Settings&);

// By Keras' class, of a layer or of an operation.
const std::map<std::string, FromSettings>& classes() {
  static const std::map<std::string, FromSettings> all{
      {"ReLU",
       [](const Settings& s) {
         const std::optional<double> most =
             s.has("max_value") ? std::optional(s.number("max_value", 0)) : std::nullopt;
         return relu(s.number("negative_slope", 0), s.number("threshold", 0), most);
       }},
      {"Relu", [](const Settings&) { return one("relu"); }},
      {"Relu6", [](const Settings&) { return one("relu6"); }},
      // Keras 3 has another name for what was alpha.
      {"LeakyReLU",
       [](const Settings& s) { return relu(s.number("negative_slope", s.number("alpha", 0.3)), 0, {}); }},
      {"LeakyRelu", [](const Settings& s) { return relu(s.number("negative_slope", 0.2), 0, {}); }},
      {"ThresholdedReLU", [](const Settings& s) { return relu(0, s.number("theta", 1), {}); }},
      {"ELU",
       [](const Settings& s) {
         return one("elu", {{"alpha", yaml(s.number("alpha", 1))}});
       }},
      {"Elu",
       [](const Settings& s) {
         return one("elu", {{"alpha", yaml(s.number("alpha", 1))}});
       }},
      {"Selu", [](const Settings&) { return one("selu"); }},
      {"Sigmoid", [](const Settings&) { return one("sigmoid"); }},
      {"HardSigmoid", [](const Settings&) { return hard_sigmoid(true); }},
      {"Tanh", [](const Settings&) { return one("tanh"); }},
      {"Softplus", [](const Settings&) { return one("softplus"); }},
      {"Softsign", [](const Settings&) { return one("softsign"); }},
      {"Exp", [](const Settings&) { return one("exponential"); }},
      {"Silu", [](const Settings&) { return one("silu"); }},
      {"HardSilu", [](const Settings&) { return one("hard_swish"); }},
      {"ZerosLike",
       [](const Settings&) {
         return one("clip", {{"low", "0"}, {"high", "0"}});
       }},
      {"Gelu", [](const Settings& s) { return one(s.flag("approximate", true) ? "gelu_tanh" : "gelu"); }},
  };
  return all;
}

// Its last line has the layer's name, those before it have names of their own. A '/' is in none of Keras 3.
Value append_steps(std::vector<Line>& lines, const Activation& steps, const std::string& name, Value value) {
  for (const ActivationStep& step : steps) {
    const bool last = &step == &steps.back();
    Line line{step.layer, last ? name : name + "/" + step.layer, step.options, {value.layer}};
    value.non_negative = step.layer == "relu" || step.layer == "relu6" ||
                         (step.layer == "clip" && step.options.front().first == "high");
    if (line.layer == "relu6") line.layer = "clip";
    value.layer = line.name;
    lines.push_back(std::move(line));
  }
  return value;
}

// A layer that Keras holds as another's activation is an object, as is a function that is none of Keras' own.
Activation of_object(const Settings& settings, const std::string& key) {
  const Settings object(settings.at(key), settings.where());
  const std::string kind = object.text("class_name", "?");
  const auto found = classes().find(kind);
  if (found != classes().end() && object.has("config") && object.at("config").is_object())
    return found->second(Settings(object.at("config"), settings.where()));
  settings.fail(fmt::format("the {} '{}' is not known here", key,
                            printable(kind == "function" ? object.text("config", "?") : kind)));
}

}  // namespace

Activation read_activation(const LayerUse& use, const Settings& settings, const std::string& key,
                           const std::string& otherwise) {
  if (settings.has(key) && settings.at(key).is_object()) {
    const Json& object = settings.at(key);
    const bool function = object.value("class_name", Json()) == "function" && object.contains("config") &&
                          object["config"].is_string() &&
                          functions().contains(object["config"].get<std::string>());
    return function ? functions().at(object["config"].get<std::string>()) : of_object(settings, key);
  }
  const std::string name = settings.text(key, otherwise);
  if (name == "hard_sigmoid") return hard_sigmoid(is_of_keras_3(use, name));
  const auto found = functions().find(name);
  if (found == functions().end())
    settings.fail(fmt::format("the {} '{}' is not known here", key, printable(name)));
  return found->second;
}

Value append_activated(const LayerUse& use, std::vector<Line>& lines, Line line, Value result) {
  const Activation steps = read_activation(use, use.settings, "activation", "linear");
  if (steps.size() == 1 && steps.front().options.empty()) {
    line.options.emplace_back("activation", steps.front().layer);
    return append(use, lines, std::move(line), std::move(result));
  }
  result = append(use, lines, std::move(line), std::move(result));
  return append_steps(lines, steps, use.name + "/activation", std::move(result));
}

namespace {

Value activation(const LayerUse& use, std::vector<Line>& lines) {
  const Activation steps = read_activation(use, use.settings, "activation", "linear");
  return append_steps(lines, steps, use.name, only_input(use));
}

Value of_class(const LayerUse& use, std::vector<Line>& lines) {
  return append_steps(lines, classes().at(use.class_name)(use.settings), use.name, only_input(use));
}

Value softmax(const LayerUse& use, std::vector<Line>& lines) {
  if (use.settings.has("axis") && !is_channel_axis(use.settings.at("axis"), only_input(use).rank)) {
    use.settings.fail("is over another axis than the channels");
  }
  return append(use, lines, line_of(use, "softmax"), only_input(use));
}

Value prelu(const LayerUse& use, std::vector<Line>& lines) {
  const Value& input = only_input(use);
  std::vector<std::int64_t> shared;
  if (use.settings.has("shared_axes")) shared = use.settings.integers("shared_axes");
  for (int axis = 1; axis < input.rank; ++axis) {
    if (std::find(shared.begin(), shared.end(), axis) == shared.end()) {
      use.settings.fail("has an alpha a position; expected all axes but the channels in 'shared_axes'");
    }
  }
  Line line = line_of(use, "prelu");
  if (std::find(shared.begin(), shared.end(), input.rank) != shared.end())
    line.options.emplace_back("shared", "true");
  return append(use, lines, std::move(line), input);
}

// TensorFlow's names of functions, without "nn." or "math.", where they are not Keras'.
std::optional<Activation> of_tensorflow(const std::string& name, const Settings& call) {
  const std::size_t dot = name.find('.');
  const std::string group = name.substr(0, dot),
                    function = dot == std::string::npos ? "" : name.substr(dot + 1);
  if (group != "nn" && group != "math") return std::nullopt;
  if (function == "leaky_relu") return relu(call.number("alpha", 0.2), 0, {});
  if (function == "gelu" && call.flag("approximate", false)) return one("gelu_tanh");
  if (function == "exp") return one("exponential");
  const auto found = functions().find(function);
  if (found == functions().end() || function == "softmax") return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<Value> append_function(const LayerUse& use, std::vector<Line>& lines, const std::string& name) {
  const Settings call(use.call, use.settings.where());
  const std::optional<Activation> steps = of_tensorflow(name, call);
  if (!steps) return std::nullopt;
  return append_steps(lines, *steps, use.name, only_input(use));
}

const std::map<std::string, Converter>& activation_converters() {
  static const std::map<std::string, Converter> all = [] {
    std::map<std::string, Converter> result{
        {"Activation", activation}, {"Softmax", softmax}, {"PReLU", prelu}};
    for (const auto& [name, unused] : classes()) result.emplace(name, of_class);
    return result;
  }();
  return all;
}

}  // namespace actionflow::keras
