// With which numbers a network runs in 8-bit integers: what each value may be, and which layers lose too much
// by it. Measured on clips (`actionflow quantize`), kept with the weights, which stay f32.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "models/graph/graph.h"

namespace actionflow {

// What lies outside is cut off. Holds 0: low ≤ 0 ≤ high.
struct ValueRange {
  float low = 0, high = 0;

  ValueRange joined(const ValueRange& other) const;
  bool operator==(const ValueRange&) const = default;
};

// What it costs, on clips that ranges were not taken from. Fractions.
struct QuantizationLoss {
  std::int64_t clips = 0;
  double accuracy_f32 = 0, accuracy_int8 = 0;
  double agreement = 0;  // clips of which both name the same class
  double error = 0;      // of what the network gives: ‖int8 − f32‖ / ‖f32‖

  bool operator==(const QuantizationLoss&) const = default;
};

struct Quantization {
  std::string chosen_on;                        // for people: "train, 64 clips, entropy"
  std::map<std::string, ValueRange> ranges;     // by node of the graph whose value it is; kInputRange
  std::set<std::string> higher_precision = {};  // nodes that compute in floating point
  QuantizationLoss loss = {};

  bool operator==(const Quantization&) const = default;
};

// The clip's range stands under a name that no layer has.
inline constexpr const char* kInputRange = "";

// For a plan that is only timed: every value up to 1, and from 0 behind a ReLU.
Quantization assumed_quantization(const Graph& graph);

// JSON. Numbers read back as they were.
std::string print_quantization(const Quantization& quantization);

// Keys that are not known here are passed over. Throws ModelError that names `file` and the value for text
// that is no JSON, ranges that are none, and values and layers that the network has not.
Quantization parse_quantization(const std::string& json, const Graph& graph, const std::string& file);

}  // namespace actionflow
