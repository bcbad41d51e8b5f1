// What a run did, in numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace actionflow {

// A failure and how often it occurred. `node` is empty where the stream's source failed.
struct FailureCount {
  std::string node;
  Failure failure;  // the first one
  std::int64_t count = 0;
};

struct StreamSummary {
  std::string name;
  std::int64_t frames = 0;   // decoded
  std::int64_t windows = 0;  // answered with a result by every node that took them
  std::int64_t still = 0;    // windows passed over, since nothing moves in them
  std::int64_t dropped = 0;  // windows dropped because the network was busy, or the run was stopped
  std::int64_t events = 0;   // actions that are over
  std::int64_t failed = 0;   // windows that ended in a failure
  std::int64_t damaged = 0;  // packets and frames that could not be read and were passed over
  std::int64_t reconnects = 0;
  std::vector<FailureCount> failures = {};
};

// "decode" (a call a packet), "prepare" (a call a sample), and each network node by its name (a call a
// window), or "name.part" where it runs in parts.
struct StageSummary {
  std::string name;
  std::int64_t calls = 0;
  double total_ms = 0;
  double p50_ms = 0;
  double p90_ms = 0;
  double p99_ms = 0;
  double p999_ms = 0;
};

struct Summary {
  std::vector<StreamSummary> streams;
  std::vector<StageSummary> stages;
  StageSummary latency;  // from the newest frame's arrival to the result
  double seconds = 0;
  std::string kernels = "fixed";  // that networks ran on, as kernels_text() has it
  bool interrupted = false;
  bool counts_events = false;               // a node of the graph finds them
  bool counts_still = false;                // a node of the graph passes them over
  std::vector<FailureCount> sink_failures;  // of writing results, at the end too
  // What streams that were detached while the run went on did, all together.
  StreamSummary detached;

  std::int64_t frames() const { return sum(&StreamSummary::frames); }
  std::int64_t windows() const { return sum(&StreamSummary::windows); }
  std::int64_t events() const { return sum(&StreamSummary::events); }
  std::int64_t still() const { return sum(&StreamSummary::still); }
  std::int64_t dropped() const { return sum(&StreamSummary::dropped); }
  std::int64_t failed() const { return sum(&StreamSummary::failed); }
  std::int64_t damaged() const { return sum(&StreamSummary::damaged); }
  double frames_per_second() const { return seconds > 0 ? static_cast<double>(frames()) / seconds : 0; }

  // interrupted, else source where any source failed, else the first failure's own code, else done.
  ExitCode exit_code() const;

 private:
  std::int64_t sum(std::int64_t StreamSummary::*member) const {
    std::int64_t total = detached.*member;
    for (const StreamSummary& stream : streams) total += stream.*member;
    return total;
  }
};

}  // namespace actionflow
