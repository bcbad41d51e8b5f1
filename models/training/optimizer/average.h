// An exponential moving average of a network's weights, moving statistics included, which often
// generalises better than the weights themselves: after each step, average += (1 − d)·(weights − average).
//
// The decay d grows as (1 + n)/(10 + n) with the number n of updates until it reaches `decay` (warm_up), so
// that the first weights are soon forgotten. One thread uses it at a time; inside, the OpenMP threads of the
// calling thread; results do not depend on their number.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/config/config.h"
#include "base/tensor/tensor.h"
#include "models/weights/weights.h"

namespace actionflow {

struct AverageOptions {
  double decay = 0;  // 0: no average is kept
  bool warm_up = true;
  static void describe(config::Fields<AverageOptions>& fields);
};

class WeightAverage {
 public:
  // Begins as a copy of the weights.
  WeightAverage(const AverageOptions& options, const Weights& weights);

  // After a step. The weights have the names and shapes of the first ones.
  void update(const Weights& weights);

  const Weights& weights() const { return average_; }
  // For what changes the average itself, as batch norm's statistics measured anew.
  Weights& weights() { return average_; }
  std::int64_t updates() const { return updates_; }

  // Goes on from a checkpoint. Throws ModelError where names or shapes are others.
  void load(Weights average, std::int64_t updates);

 private:
  AverageOptions options_;
  Weights average_;
  std::int64_t updates_ = 0;
};

}  // namespace actionflow
