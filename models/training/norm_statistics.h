// Batch norm's moving statistics measured anew, as the mean over batches that are run through the network as
// in training: for weights that were averaged or have just changed, whose own statistics lag behind.
//
//   NormStatistics statistics(network.moving_norms(), network.weights());
//   for (batch : some training clips) {
//     statistics.before_batch();
//     network.observe(batch, …);
//     statistics.after_batch(clips);
//   }
//   statistics.finish();
//
// Between before_batch() and after_batch() the moving statistics are not usable. Without finish() (an
// exception, Ctrl-C) they become what they were. Frozen batch norms read what stands there, and are left out.
#pragma once

#include <cstdint>
#include <vector>

#include "models/graph/graph.h"
#include "models/weights/weights.h"

namespace actionflow {

class NormStatistics {
 public:
  // `norms` are batch norms, none of them frozen. The weights stay the caller's and have to outlive this.
  NormStatistics(const std::vector<const GraphNode*>& norms, Weights& weights);
  ~NormStatistics();
  NormStatistics(const NormStatistics&) = delete;
  NormStatistics& operator=(const NormStatistics&) = delete;

  bool empty() const { return estimates_.empty(); }  // no batch norm learns statistics

  void before_batch();
  void after_batch(std::int64_t clips);
  // Writes the means over all clips; what stood there before for a norm that no batch has moved (a batch of
  // one row, graph.h).
  void finish();

 private:
  struct Estimate {
    Tensor* tensor = nullptr;  // a moving mean or variance
    Tensor before;
    double share = 1;            // 1 − momentum
    std::int64_t positions = 1;  // of a clip: its rows
    std::vector<double> sums;
    double clips = 0;
    void restore() const;
  };
  std::vector<Estimate> estimates_;
  bool finished_ = false;
};

}  // namespace actionflow
