// The ranges of a network's values, from what it computes in f32.
//
//   RangeCollector collector;
//   const auto network = Network::compile(architecture, weights, {.observer = collector.observer()});
//   … runs of the network on real clips …
//   const std::map<std::string, ValueRange> ranges = collector.ranges(RangeMethod::mse);
//
// Outlives the network's runs, which may be on several threads; the result depends neither on their number
// nor on their order.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "models/network/network.h"
#include "models/quantization/magnitudes.h"

namespace actionflow {

class RangeCollector {
 public:
  ValueObserver observer();

  std::map<std::string, ValueRange> ranges(RangeMethod method) const;

 private:
  std::mutex mutex_;
  std::map<std::string, Magnitudes> values_;
};

}  // namespace actionflow
