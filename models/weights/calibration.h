// What turns a network's scores into answers: numbers chosen after training on videos held out of it, and
// kept with the weights. They change no layer; `predict` gives the network's own result.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace actionflow {

// When an action begins and when it is over, on the probability that there is one.
struct EventThresholds {
  double begin = 0, end = 0;  // begin ≥ end

  bool operator==(const EventThresholds&) const = default;
};

// For nodes/events/event_decoder.h, where the terms are explained. Seconds unless said.
struct EventCalibration {
  EventThresholds thresholds;
  std::map<std::string, EventThresholds> classes;  // in their place, for these classes
  double smooth = 0, shortest = 0, merge = 0, trail = 0;

  bool operator==(const EventCalibration&) const = default;
};

struct Calibration {
  std::string chosen_on;              // for people: "val, 48 videos"
  std::optional<double> temperature;  // scores are softmax(log p / temperature)
  std::optional<double> none_below;   // a clip whose best score, at the temperature, is lower is of no class
  std::optional<EventCalibration> events;

  bool operator==(const Calibration&) const = default;
};

// JSON. Numbers read back as they were.
std::string print_calibration(const Calibration& calibration);

// Keys that are not known here are passed over. Throws ModelError that names `file` and the key for text that
// is no JSON, numbers out of range, and classes that the network has not.
Calibration parse_calibration(const std::string& json, const std::vector<std::string>& classes,
                              const std::string& file);

// softmax(log p / temperature); sums to 1. Keeps the order of the classes.
std::vector<float> at_temperature(const std::vector<float>& probabilities, double temperature);

}  // namespace actionflow
