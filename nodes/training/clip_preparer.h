// Samples that are clips: one cut from one video, augmented, with the video's labels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/clips/augment.h"
#include "datasets/lists/entry_frames.h"
#include "datasets/recordings/frame_cache.h"
#include "nodes/training/sample_preparer.h"

namespace actionflow {

class ClipPreparer : public SamplePreparer {
 public:
  static constexpr int kAttempts = 20;

  // `entries` (not empty), `augmenter` and `cache` must outlive it. Balanced as in epoch_order.h.
  ClipPreparer(const std::vector<VideoEntry>& entries, const Augmenter& augmenter, FrameCache& cache,
               std::uint64_t seed, bool balanced = false);

  std::int64_t videos() const override { return static_cast<std::int64_t>(frames_.entries().size()); }
  // Every video once.
  std::int64_t epoch_samples() const override { return videos(); }
  std::vector<int> epoch_entries(std::uint32_t epoch) const override;
  // Throws SourceError when kAttempts videos cannot be read.
  std::shared_ptr<const PreparedSample> prepare(const PlannedSample& plan) override;

 private:
  // The clip of this entry at the sample's place. False where it cannot be read: then that is noted.
  bool take(int entry, PreparedSample& sample);

  EntryFrames frames_;
  const Augmenter& augmenter_;
  const std::uint64_t seed_;
  const bool balanced_;
};

}  // namespace actionflow
