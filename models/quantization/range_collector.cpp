#include "models/quantization/range_collector.h"

namespace actionflow {

ValueObserver RangeCollector::observer() {
  return [this](const std::string& node, const Tensor& value) {
    const std::lock_guard lock(mutex_);
    values_[node].add(value.values());
  };
}

std::map<std::string, ValueRange> RangeCollector::ranges(RangeMethod method) const {
  std::map<std::string, ValueRange> result;
  for (const auto& [node, magnitudes] : values_) result.emplace(node, magnitudes.range(method));
  return result;
}

}  // namespace actionflow
