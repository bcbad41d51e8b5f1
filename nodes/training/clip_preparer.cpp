#include "nodes/training/clip_preparer.h"

#include "datasets/lists/epoch_order.h"

namespace actionflow {

ClipPreparer::ClipPreparer(const std::vector<VideoEntry>& entries, const Augmenter& augmenter,
                           FrameCache& cache, std::uint64_t seed, bool balanced)
    : frames_(entries, cache, augmenter.kept_form()),
      augmenter_(augmenter),
      seed_(seed),
      balanced_(balanced) {}

std::vector<int> ClipPreparer::epoch_entries(std::uint32_t epoch) const {
  return epoch_order(frames_.entries(), balanced_, seed_, epoch);
}

bool ClipPreparer::take(int entry, PreparedSample& sample) {
  try {
    // Frames may be decoded only as they are asked for, so cutting the clip can fail like opening.
    const auto frames = frames_.get(entry);
    const VideoEntry& video = frames_.entries()[static_cast<std::size_t>(entry)];
    TrainingClip clip = augmenter_.training_clip(*frames, video.labels, seed_, sample.plan.epoch,
                                                 static_cast<std::uint64_t>(sample.plan.sample));
    sample.frames = std::move(clip.frames);
    sample.labels = std::move(clip.labels);
    return true;
  } catch (const SourceError& error) {
    frames_.note_unreadable(entry, error.what());
    sample.unreadable.push_back({entry, error.what()});
    return false;
  }
}

std::shared_ptr<const PreparedSample> ClipPreparer::prepare(const PlannedSample& plan) {
  auto prepared = std::make_shared<PreparedSample>();
  prepared->plan = plan;
  int entry = plan.entry;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (take(entry, *prepared)) return prepared;
    entry = substitute_entry(frames_.entries().size(), seed_, plan.epoch,
                             static_cast<std::uint64_t>(plan.sample), attempt);
  }
  throw SourceError(prepared->unreadable.front().why + "; nor could " + std::to_string(kAttempts - 1) +
                    " other videos drawn in its place be read");
}

}  // namespace actionflow
