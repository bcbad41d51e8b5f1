// When scores along a stream count as an action: what a person or a calibration sets.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.h"

namespace actionflow {

// A class' own thresholds; what is absent is as for all classes.
struct ClassThresholds {
  std::optional<double> begin;
  std::optional<double> end;
  static void describe(config::Fields<ClassThresholds>& fields);
};

struct EventOptions {
  double begin = 0.5;
  double end = 0.3;
  std::map<std::string, ClassThresholds> classes;  // by label
  double smooth = 0;                               // seconds
  double shortest = 0;                             // seconds
  double merge = 0;                                // seconds
  double trail = 0;                                // seconds
  std::optional<std::vector<std::string>> none;    // a class "none", where there is one
  bool updates = false;

  static void describe(config::Fields<EventOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;

  // Thresholds that hold for a class: end ≤ begin.
  double begin_of(const std::string& label) const;
  double end_of(const std::string& label) const;
  bool is_none(const std::string& label) const;
  // The first label of `classes` or `none` that is not among these.
  std::optional<std::string> unknown_label(const std::vector<std::string>& labels) const;
};

}  // namespace actionflow
