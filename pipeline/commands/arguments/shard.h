// One of several shares of a run's streams, for runs that are spread over machines.
//
//   actionflow classify videos/ --weights FILE --shard 2/8
//
// Which share a stream is in depends on its name alone, so streams that join or leave move no other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace actionflow {

struct Shard {
  std::uint64_t index = 0;  // below count
  std::uint64_t count = 1;

  // `name` is a stream's, or a recording's path from the folder that was named on the command line.
  bool holds(std::string_view name) const;
};

// "i/n", counted from 0 or from 1: n/n is the share that 0/n is. "auto" is what a scheduler's job array says
// in the environment: SLURM_ARRAY_TASK_ID with SLURM_ARRAY_TASK_MIN and SLURM_ARRAY_TASK_COUNT, or
// JOB_COMPLETION_INDEX with JOB_COMPLETIONS. "auto/n" takes i alone from there, SLURM_ARRAY_TASK_ID or
// JOB_COMPLETION_INDEX: Kubernetes says no more, and tasks of an array may be run again one by one. Throws
// UsageError.
Shard read_shard(const std::string& text);

}  // namespace actionflow
