// What a run has done and how it is, as Prometheus reads it (docs/service.md lists the names).
//
// Counters begin with the run. Streams that were detached leave with their samples. From any thread while the
// run's graph stands.
#pragma once

#include <functional>
#include <string>

namespace actionflow {

class MetricText;
class RunContext;

// `more` adds what the run's context does not know.
std::string prometheus_text(RunContext& run, const std::function<void(MetricText&)>& more);

}  // namespace actionflow
