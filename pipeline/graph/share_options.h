// The `share` of a pipeline file: its cameras are watched by a group of machines that run the same file, each
// camera by one of them (pipeline/sharing/camera_group.h).
#pragma once

#include <string>

#include "nodes/sinks/mqtt_address.h"

namespace actionflow {

struct ShareOptions : MqttAddress {
  std::string group;
  double capacity = 1;

  bool operator==(const ShareOptions&) const = default;

  static void describe(config::Fields<ShareOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

}  // namespace actionflow
