// Batch norm's moving statistics measured anew, as the mean over batches that are run through the network as
// in training: for weights that were averaged or have just changed, whose own statistics lag behind.
//
//   NormStatistics statistics(network.architecture(), network.weights());
//   for (batch : some training clips without augmentation) {
//     statistics.before_batch();
//     network.accumulate(batch, …);        // its gradients are not used: clear them afterwards
//     statistics.after_batch(clips);
//   }
//   statistics.finish();
//
// Between before_batch() and after_batch() the moving statistics are not usable. Without finish() (an
// exception, Ctrl-C) they become what they were. Only for networks whose batch norm is not frozen: a frozen
// one reads what stands there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/architecture.h"
#include "models/weights.h"

namespace actionflow {

class NormStatistics {
 public:
  // The weights stay the caller's and have to outlive this.
  NormStatistics(const Architecture& architecture, Weights& weights);
  ~NormStatistics();
  NormStatistics(const NormStatistics&) = delete;
  NormStatistics& operator=(const NormStatistics&) = delete;

  bool empty() const { return estimates_.empty(); }  // the network has no batch norm that learns statistics

  void before_batch();
  void after_batch(std::int64_t clips);
  // Writes the means over all clips; without any, what stood there before.
  void finish();

 private:
  struct Estimate {
    Tensor* tensor = nullptr;  // a moving mean or variance
    Tensor before;
    double share = 1;  // 1 − momentum
    std::vector<double> sums;
  };
  std::vector<Estimate> estimates_;
  double clips_ = 0;
  bool finished_ = false;
};

}  // namespace actionflow
