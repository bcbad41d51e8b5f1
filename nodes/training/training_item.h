// What runs through the training graph, as Item<T> of nodes/flow/item.h: `segment` is the epoch, `number`
// counts the run's samples (below the batch node: its batches) from 0 without a gap, and Mark::end stands on
// an epoch's last.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/tensor/tensor.h"
#include "datasets/lists/entry_frames.h"
#include "datasets/pictures/prepare.h"
#include "models/training/loss/sample_target.h"
#include "models/training/training_network.h"
#include "nodes/flow/item.h"

namespace actionflow {

// What stands at which place of an epoch.
struct PlannedSample {
  std::uint32_t epoch = 0;
  std::int64_t sample = 0;  // in its epoch
  int entry = 0;            // of a clip: its video in the training list
};

// A clip with its labels, or a sequence with a target a sample; empty where only other ranks need it.
struct PreparedSample {
  PlannedSample plan;
  std::vector<PreparedFramePtr> frames;  // as many as the network takes
  std::vector<int> labels;
  std::vector<SampleTarget> targets;        // as many as the network answers, or none
  std::vector<UnreadableVideo> unreadable;  // that another one stands for; empty: all is as planned
};

struct TrainingBatch {
  std::uint32_t epoch = 0;
  std::int64_t step = 0;                     // in its epoch, from 0
  bool last = false;                         // of its epoch
  int clips = 0;                             // N, or sequences
  std::vector<PreparedFramePtr> frames;      // N×T; null for samples of other ranks
  std::vector<std::vector<int>> labels;      // of each own clip, before mixing; a sequence has none
  Tensor targets;                            // N×K; empty where samples have targets
  std::vector<SampleTarget> sample_targets;  // sequence after sequence; empty for clips
  std::optional<Mixing> mixing;
  int substituted = 0;                      // own clips and sequences with another video than the one planned
  std::vector<UnreadableVideo> unreadable;  // found so far, each once

  // N×T pointers, as TrainingNetwork takes them.
  std::vector<const std::uint8_t*> pixels() const;
};

using TrainingBatchPtr = std::shared_ptr<const TrainingBatch>;

using PlannedItem = Item<PlannedSample>;
using SampleItem = Item<std::shared_ptr<const PreparedSample>>;
using BatchItem = Item<TrainingBatchPtr>;

}  // namespace actionflow
