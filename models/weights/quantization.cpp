#include "models/weights/quantization.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text/json_text.h"

namespace actionflow {
namespace {

using Json = nlohmann::ordered_json;

class QuantizationReader {
 public:
  QuantizationReader(const Graph& graph, const std::string& file) : file_(file) {
    for (const GraphNode& node : graph.nodes) names_.insert(node.name);
  }

  Quantization read(const std::string& text) const {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) fail("is no JSON object");
    Quantization result;
    if (const auto on = json.find("chosen_on"); on != json.end() && on->is_string()) result.chosen_on = *on;
    const auto ranges = json.find("ranges");
    if (ranges == json.end() || !ranges->is_object()) fail("has no 'ranges', an object of [low, high]");
    for (const auto& [name, range] : ranges->items()) {
      if (name != kInputRange) check_known(name);
      result.ranges.emplace(name, read_range(name, range));
    }
    read_higher(json, result);
    if (const auto loss = json.find("loss"); loss != json.end()) result.loss = read_loss(*loss);
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(
        fmt::format("{}: its quantization {}; `actionflow quantize` writes it anew", file_, what));
  }

  void check_known(const std::string& name) const {
    if (!names_.contains(name)) fail(fmt::format("is of a layer '{}', which the network has not", name));
  }

  ValueRange read_range(const std::string& name, const Json& json) const {
    const auto finite = [](const Json& number) {
      return number.is_number() &&
             std::abs(number.get<double>()) <= double{std::numeric_limits<float>::max()};
    };
    if (!json.is_array() || json.size() != 2 || !finite(json[0]) || !finite(json[1]) || json[0] > 0 ||
        json[1] < 0)
      fail(fmt::format("has no range [low, high] with low ≤ 0 ≤ high for {}, but {}",
                       name == kInputRange ? "the input" : "'" + name + "'", json_text(json)));
    return {json[0].get<float>(), json[1].get<float>()};
  }

  void read_higher(const Json& json, Quantization& result) const {
    const auto higher = json.find("higher_precision");
    if (higher == json.end()) return;
    const auto is_text = [](const Json& name) { return name.is_string(); };
    if (!higher->is_array() || !std::all_of(higher->begin(), higher->end(), is_text))
      fail("has a 'higher_precision' that is no list of layers");
    for (const std::string name : *higher) {
      check_known(name);
      result.higher_precision.insert(name);
    }
  }

  QuantizationLoss read_loss(const Json& json) const {
    const auto number = [&](const char* key) {
      const auto at = json.is_object() ? json.find(key) : json.end();
      const bool fits = at != json.end() && at->is_number() && at->get<double>() >= 0;
      if (!fits) fail(fmt::format("has a 'loss' without a '{}' of at least 0", key));
      return at->get<double>();
    };
    return {static_cast<std::int64_t>(number("clips")), number("accuracy_f32"), number("accuracy_int8"),
            number("agreement"), number("error")};
  }

  std::string file_;
  std::set<std::string> names_;
};

}  // namespace

ValueRange ValueRange::joined(const ValueRange& other) const {
  return {std::min(low, other.low), std::max(high, other.high)};
}

Quantization assumed_quantization(const Graph& graph) {
  Quantization result;
  result.chosen_on = "nothing";
  result.ranges[kInputRange] = {-1, 1};
  for (const GraphNode& node : graph.nodes) {
    const auto* activation = std::get_if<Activation>(&node.operation);
    const bool positive = activation != nullptr && activation->kind == ActivationKind::relu;
    result.ranges[node.name] = {positive ? 0.0F : -1.0F, 1};
  }
  return result;
}

std::string print_quantization(const Quantization& quantization) {
  Json ranges = Json::object();
  for (const auto& [name, range] : quantization.ranges) ranges[name] = {range.low, range.high};
  const QuantizationLoss& loss = quantization.loss;
  const Json json{{"chosen_on", quantization.chosen_on},
                  {"ranges", ranges},
                  {"higher_precision", quantization.higher_precision},
                  {"loss",
                   {{"clips", loss.clips},
                    {"accuracy_f32", loss.accuracy_f32},
                    {"accuracy_int8", loss.accuracy_int8},
                    {"agreement", loss.agreement},
                    {"error", loss.error}}}};
  return json_text(json);
}

Quantization parse_quantization(const std::string& json, const Graph& graph, const std::string& file) {
  return QuantizationReader(graph, file).read(json);
}

}  // namespace actionflow
