// Samples that are sequences of a stream, with what a network should say of each of their moments.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/streams/sequence_maker.h"
#include "nodes/training/sample_preparer.h"

namespace actionflow {

class SequencePreparer : public SamplePreparer {
 public:
  // `maker` must outlive it.
  // `answers`: of the network for each sequence: for all of its samples, or for the last one, by a network
  // over windows.
  SequencePreparer(SequenceMaker& maker, std::uint64_t seed, std::int64_t answers);

  std::int64_t videos() const override { return maker_.videos(); }
  std::int64_t epoch_samples() const override { return maker_.planner().sequences(); }
  // A sequence has no one entry: all 0.
  std::vector<int> epoch_entries(std::uint32_t epoch) const override;
  std::shared_ptr<const PreparedSample> prepare(const PlannedSample& plan) override;
  // Of a sample at which no action is under way.
  double none_weight() const { return none_weight_; }

 private:
  SequenceMaker& maker_;
  const std::uint64_t seed_;
  const std::int64_t answers_;
  const double none_weight_;
};

}  // namespace actionflow
