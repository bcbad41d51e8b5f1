#include "nodes/results/summary.h"

namespace actionflow {

ExitCode Summary::exit_code() const {
  if (interrupted) return ExitCode::interrupted;
  ExitCode code = ExitCode::done;
  for (const StreamSummary& stream : streams) {
    for (const FailureCount& one : stream.failures) {
      if (one.failure.code == ExitCode::source) return ExitCode::source;
      if (code == ExitCode::done) code = one.failure.code;
    }
  }
  if (code == ExitCode::done && !sink_failures.empty()) code = sink_failures.front().failure.code;
  return code;
}

}  // namespace actionflow
