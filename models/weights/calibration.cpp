#include "models/weights/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text/json_text.h"

namespace actionflow {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kLeastProbability = 1e-12;
constexpr double kMostTemperature = 1000, kMostSeconds = 3600;

Json thresholds_json(const EventThresholds& thresholds) {
  return {{"begin", thresholds.begin}, {"end", thresholds.end}};
}

Json events_json(const EventCalibration& events) {
  Json json = thresholds_json(events.thresholds);
  json["smooth"] = events.smooth;
  json["shortest"] = events.shortest;
  json["merge"] = events.merge;
  json["trail"] = events.trail;
  for (const auto& [name, thresholds] : events.classes) json["classes"][name] = thresholds_json(thresholds);
  return json;
}

class CalibrationReader {
 public:
  CalibrationReader(const std::vector<std::string>& classes, const std::string& file)
      : classes_(classes), file_(file) {}

  Calibration read(const std::string& text) const {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) fail("is no JSON object");
    Calibration result;
    if (const auto on = json.find("chosen_on"); on != json.end() && on->is_string()) result.chosen_on = *on;
    if (json.contains("temperature")) {
      result.temperature = number(json, "temperature", 0, kMostTemperature);
      if (*result.temperature <= 0) fail("has a temperature of 0, expected more");
    }
    if (json.contains("none_below")) result.none_below = number(json, "none_below", 0, 1);
    if (json.contains("events")) result.events = events(json["events"]);
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: its calibration {}; `actionflow train` writes it anew", file_, what));
  }

  double number(const Json& json, const char* key, double least, double most) const {
    const auto at = json.is_object() ? json.find(key) : json.end();
    const bool fits = at != json.end() && at->is_number() && std::isfinite(at->get<double>()) &&
                      at->get<double>() >= least && at->get<double>() <= most;
    if (!fits) fail(fmt::format("has no '{}' from {:g} to {:g}", key, least, most));
    return at->get<double>();
  }

  EventThresholds thresholds(const Json& json) const {
    const EventThresholds result{number(json, "begin", 0, 1), number(json, "end", 0, 1)};
    if (result.end > result.begin)
      fail(fmt::format("ends actions at {:g}, above {:g} where they begin", result.end, result.begin));
    return result;
  }

  EventCalibration events(const Json& json) const {
    EventCalibration result;
    result.thresholds = thresholds(json);
    result.smooth = number(json, "smooth", 0, kMostSeconds);
    result.shortest = number(json, "shortest", 0, kMostSeconds);
    result.merge = number(json, "merge", 0, kMostSeconds);
    result.trail = number(json, "trail", 0, kMostSeconds);
    if (!json.contains("classes")) return result;
    if (!json["classes"].is_object()) fail("has 'classes' that are no JSON object");
    for (const auto& [name, of_class] : json["classes"].items()) {
      if (std::find(classes_.begin(), classes_.end(), name) == classes_.end())
        fail(fmt::format("is for a class '{}', which the network has not", name));
      result.classes.emplace(name, thresholds(of_class));
    }
    return result;
  }

  const std::vector<std::string>& classes_;
  const std::string& file_;
};

}  // namespace

std::string print_calibration(const Calibration& calibration) {
  Json json{{"chosen_on", calibration.chosen_on}};
  if (calibration.temperature) json["temperature"] = *calibration.temperature;
  if (calibration.none_below) json["none_below"] = *calibration.none_below;
  if (calibration.events) json["events"] = events_json(*calibration.events);
  return json_text(json);
}

Calibration parse_calibration(const std::string& json, const std::vector<std::string>& classes,
                              const std::string& file) {
  return CalibrationReader(classes, file).read(json);
}

std::vector<float> at_temperature(const std::vector<float>& probabilities, double temperature) {
  std::vector<double> scaled;
  scaled.reserve(probabilities.size());
  for (const float p : probabilities)
    scaled.push_back(std::log(std::max<double>(p, kLeastProbability)) / temperature);
  const double largest = *std::max_element(scaled.begin(), scaled.end());
  double sum = 0;
  for (double& value : scaled) sum += value = std::exp(value - largest);
  std::vector<float> result;
  result.reserve(scaled.size());
  for (const double value : scaled) result.push_back(static_cast<float>(value / sum));
  return result;
}

}  // namespace actionflow
