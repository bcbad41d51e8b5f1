#include "nodes/training/sample_preparer.h"

#include "nodes/training/epoch_order.h"
#include "nodes/training/training_flow.h"

namespace actionflow {

SamplePreparer::SamplePreparer(const std::vector<VideoEntry>& entries, const Augmenter& augmenter,
                               FrameCache& cache, std::uint64_t seed)
    : entries_(entries), augmenter_(augmenter), cache_(cache), seed_(seed), form_(augmenter.kept_form()) {}

bool SamplePreparer::take(int entry, PreparedSample& sample) {
  std::string why;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = unreadable_.find(entry); known != unreadable_.end()) why = known->second;
  }
  if (why.empty()) {
    const VideoEntry& video = entries_[static_cast<std::size_t>(entry)];
    try {
      // Frames may be decoded only as they are asked for, so cutting the clip can fail like opening.
      const auto frames = cache_.get(video.source(), form_, video.part);
      TrainingClip clip = augmenter_.training_clip(*frames, video.labels, seed_, sample.plan.epoch,
                                                   static_cast<std::uint64_t>(sample.plan.sample));
      sample.frames = std::move(clip.frames);
      sample.labels = std::move(clip.labels);
      return true;
    } catch (const SourceError& error) {
      why = error.what();
      const std::lock_guard lock(mutex_);
      unreadable_.emplace(entry, why);
    }
  }
  sample.unreadable.push_back({entry, why});
  return false;
}

std::shared_ptr<const PreparedSample> SamplePreparer::prepare(const PlannedSample& plan) {
  auto prepared = std::make_shared<PreparedSample>();
  prepared->plan = plan;
  int entry = plan.entry;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (take(entry, *prepared)) return prepared;
    entry = substitute_entry(entries_.size(), seed_, plan.epoch, static_cast<std::uint64_t>(plan.sample),
                             attempt);
  }
  throw SourceError(prepared->unreadable.front().why + "; nor could " + std::to_string(kAttempts - 1) +
                    " other videos drawn in its place be read");
}

}  // namespace actionflow
