// What runs through the training graph, as Item<T> of nodes/flow/item.h: `segment` is the epoch, `number`
// counts the run's samples (below the batch node: its batches) from 0 without a gap, and Mark::end stands on
// an epoch's last.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "datasets/pictures/prepare.h"
#include "models/training/training_network.h"
#include "nodes/flow/item.h"

namespace actionflow {

// Which video stands at which place of an epoch.
struct PlannedSample {
  std::uint32_t epoch = 0;
  std::int64_t sample = 0;  // in its epoch
  int entry = 0;            // in the training list
};

// A video that could not be read.
struct UnreadableVideo {
  int entry = 0;
  std::string why;
};

struct PreparedSample {
  PlannedSample plan;
  std::vector<PreparedFramePtr> frames;  // as many as the network takes
  std::vector<int> labels;
  std::vector<UnreadableVideo> unreadable;  // tried before; empty: the planned one stands
};

struct TrainingBatch {
  std::uint32_t epoch = 0;
  std::int64_t step = 0;                 // in its epoch, from 0
  bool last = false;                     // of its epoch
  int clips = 0;                         // N
  std::vector<PreparedFramePtr> frames;  // N×T
  std::vector<std::vector<int>> labels;  // of each clip, before mixing
  Tensor targets;                        // N×K
  std::optional<Mixing> mixing;
  int substituted = 0;                      // clips of another video than the one planned
  std::vector<UnreadableVideo> unreadable;  // found so far, each once

  // N×T pointers, as TrainingNetwork takes them.
  std::vector<const std::uint8_t*> pixels() const;
};

using TrainingBatchPtr = std::shared_ptr<const TrainingBatch>;

using PlannedItem = Item<PlannedSample>;
using SampleItem = Item<std::shared_ptr<const PreparedSample>>;
using BatchItem = Item<TrainingBatchPtr>;

}  // namespace actionflow
