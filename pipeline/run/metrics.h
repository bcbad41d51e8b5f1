// What a run has done and how it is, as Prometheus reads it (docs/service.md lists the names).
//
// Counters begin with the run. Streams that were detached leave with their samples. From any thread while the
// run's graph stands.
#pragma once

#include <string>

namespace actionflow {

class RunContext;

std::string prometheus_text(RunContext& run);

}  // namespace actionflow
