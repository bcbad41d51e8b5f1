// What pipelines do on this machine, measured in rounds.
//
// Each pipeline runs once a round, in turn, so that what else the machine does falls on all of them alike.
// What is said of it is the median over the rounds, and how far the rounds lie apart is said beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "nodes/flow/node.h"
#include "nodes/results/summary.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// One run of one pipeline.
struct Round {
  Summary summary;
  double processor_seconds = 0;
  std::uint64_t peak_bytes = 0;  // of the process' memory in the run; 0 where the system does not tell
};

// Of a network node, for a second of one stream.
struct NetworkCost {
  std::string node;
  Node::Cost cost;
};

// Over the rounds.
struct Spread {
  double median = 0, least = 0, most = 0;
  double share() const { return median > 0 ? (most - least) / median : 0; }
};

struct Measurement {
  std::string config;  // the file's name
  GraphOptions options;
  std::vector<NetworkCost> networks;
  std::vector<Round> rounds;  // at least one

  Spread over(const std::function<double(const Round&)>& figure) const;
  Spread windows_per_second() const;
  double latency_ms(double StageSummary::*quantile) const;

  // The stages of all rounds; each figure is its median.
  std::vector<StageSummary> stages() const;

  // Rounds differ by so much that no figure should be quoted.
  bool noisy() const { return windows_per_second().share() > kNoisyShare; }
  static constexpr double kNoisyShare = 0.1;
};

std::vector<NetworkCost> costs_of(const PipelineDescription& description);

// Mean milliseconds of a call.
double mean_ms(const StageSummary& stage);

// The most memory that the process holds while this lives.
class PeakMemory {
 public:
  PeakMemory();
  // 0 where the system does not tell.
  std::uint64_t bytes() const;
};

}  // namespace actionflow
