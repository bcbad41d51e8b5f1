// The key `metrics` of a pipeline file: {file: /var/lib/prometheus/node-exporter/actionflow.prom, every: 15
// s}.
#pragma once

#include "base/config/config.h"
#include "base/config/optional_path.h"
#include "base/config/quantity.h"

namespace actionflow {

struct MetricsOptions {
  OptionalPath file;  // empty: none
  Duration every{15};
  static void describe(config::Fields<MetricsOptions>& fields);
};

}  // namespace actionflow
