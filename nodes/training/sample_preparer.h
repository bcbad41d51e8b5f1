// The work of one sample: its video's frames at training size, cut and augmented.
//
// Used from many threads at once; what it gives is a function of the plan only.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "datasets/clips/augment.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/video_frames.h"
#include "nodes/training/training_item.h"

namespace actionflow {

class SamplePreparer {
 public:
  static constexpr int kAttempts = 20;

  // All must outlive it.
  SamplePreparer(const std::vector<VideoEntry>& entries, const Augmenter& augmenter, FrameCache& cache,
                 std::uint64_t seed);

  // Where the planned video cannot be read, another one; throws SourceError when kAttempts cannot.
  std::shared_ptr<const PreparedSample> prepare(const PlannedSample& plan);

 private:
  // The clip of this entry at the sample's place. False where it cannot be read: then that is noted.
  bool take(int entry, PreparedSample& sample);

  const std::vector<VideoEntry>& entries_;
  const Augmenter& augmenter_;
  FrameCache& cache_;
  const std::uint64_t seed_;
  const FrameForm form_;
  std::mutex mutex_;
  std::map<int, std::string> unreadable_;  // not to be opened again
};

}  // namespace actionflow
