// Samples in their order to batches. Belongs to one serial node.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "nodes/training/training_flow.h"
#include "nodes/training/training_item.h"

namespace actionflow {

class Batcher {
 public:
  // `videos`: that samples are made of.
  Batcher(std::int64_t videos, const TrainingFlowOptions& options);

  // The batch that this sample completes. A batch with a failed sample fails, one with a dropped is dropped;
  // so does one whose samples make the share of unreadable videos too great.
  std::optional<BatchItem> put(const SampleItem& item);

 private:
  Outcome<TrainingBatchPtr> outcome(bool last);
  std::shared_ptr<TrainingBatch> build(bool last) const;
  void add(const PreparedSample& sample, TrainingBatch& batch) const;
  void mix(TrainingBatch& batch) const;
  void note(const PreparedSample& sample);
  std::string too_many() const;

  const std::int64_t videos_;
  const TrainingFlowOptions& options_;
  std::vector<SampleItem> waiting_;
  std::set<int> seen_;
  std::vector<UnreadableVideo> unreadable_;  // each once
  std::int64_t number_ = 0;
};

}  // namespace actionflow
