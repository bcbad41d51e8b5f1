#include "nodes/training/sample_preparer.h"

#include "nodes/training/epoch_order.h"
#include "nodes/training/training_flow.h"

namespace actionflow {

SamplePreparer::SamplePreparer(const std::vector<VideoEntry>& entries, const Augmenter& augmenter,
                               FrameCache& cache, std::uint64_t seed)
    : entries_(entries), augmenter_(augmenter), cache_(cache), seed_(seed), form_(augmenter.kept_form()) {}

std::shared_ptr<const VideoFrames> SamplePreparer::open(int entry, std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = unreadable_.find(entry); known != unreadable_.end()) {
      why = known->second;
      return nullptr;
    }
  }
  try {
    return cache_.get(source_of(entries_[static_cast<std::size_t>(entry)]), form_);
  } catch (const SourceError& error) {
    why = error.what();
  }
  const std::lock_guard lock(mutex_);
  unreadable_.emplace(entry, why);
  return nullptr;
}

std::shared_ptr<const PreparedSample> SamplePreparer::prepare(const PlannedSample& plan) {
  auto prepared = std::make_shared<PreparedSample>();
  prepared->plan = plan;
  const auto sample = static_cast<std::uint64_t>(plan.sample);
  int entry = plan.entry;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string why;
    if (const auto video = open(entry, why)) {
      TrainingClip clip = augmenter_.training_clip(*video, entries_[static_cast<std::size_t>(entry)].labels,
                                                   seed_, plan.epoch, sample);
      prepared->frames = std::move(clip.frames);
      prepared->labels = std::move(clip.labels);
      return prepared;
    }
    prepared->unreadable.push_back({entry, why});
    entry = substitute_entry(entries_.size(), seed_, plan.epoch, sample, attempt);
  }
  throw SourceError(prepared->unreadable.front().why + "; nor could " + std::to_string(kAttempts - 1) +
                    " other videos drawn in its place be read");
}

}  // namespace actionflow
