// The work of one training sample: what it shows, and what a network should say of it.
//
// prepare() is used from many threads at once; what it gives is a function of the plan only. The rest is
// used from one.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nodes/training/training_item.h"

namespace actionflow {

class SamplePreparer {
 public:
  virtual ~SamplePreparer() = default;

  // Videos that samples are made of.
  virtual std::int64_t videos() const = 0;
  // Samples an epoch; above 0.
  virtual std::int64_t epoch_samples() const = 0;
  // PlannedSample::entry of an epoch's samples, in their order.
  virtual std::vector<int> epoch_entries(std::uint32_t epoch) const = 0;
  // Where a video cannot be read, another one stands for it; throws SourceError when that finds no end.
  virtual std::shared_ptr<const PreparedSample> prepare(const PlannedSample& plan) = 0;
};

}  // namespace actionflow
