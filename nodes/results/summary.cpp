#include "nodes/results/summary.h"

namespace actionflow {

ExitCode Summary::exit_code() const {
  if (interrupted) return ExitCode::interrupted;
  ExitCode code = ExitCode::done;
  std::vector<FailureCount> all = detached.failures;
  for (const StreamSummary& stream : streams)
    all.insert(all.end(), stream.failures.begin(), stream.failures.end());
  for (const FailureCount& one : all) {
    if (one.failure.code == ExitCode::source) return ExitCode::source;
    if (code == ExitCode::done) code = one.failure.code;
  }
  if (code == ExitCode::done && !sink_failures.empty()) code = sink_failures.front().failure.code;
  return code;
}

}  // namespace actionflow
