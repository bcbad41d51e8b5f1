#include "pipeline/graph/metrics_options.h"

namespace actionflow {

void MetricsOptions::describe(config::Fields<MetricsOptions>& fields) {
  fields.add("file", &MetricsOptions::file,
             "what Prometheus reads, replaced now and then; NAME.prom for the node exporter");
  fields.add("every", &MetricsOptions::every, "how often").at_least(1).at_most(3600);
}

}  // namespace actionflow
