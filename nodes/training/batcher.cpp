#include "nodes/training/batcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/clips/mixup.h"
#include "nodes/training/rank_share.h"

namespace actionflow {

std::vector<const std::uint8_t*> TrainingBatch::pixels() const {
  std::vector<const std::uint8_t*> pointers;
  pointers.reserve(frames.size());
  for (const PreparedFramePtr& frame : frames) pointers.push_back(frame ? frame->data() : nullptr);
  return pointers;
}

Tensor make_targets(const std::vector<std::vector<int>>& labels, int outputs, bool many_labels) {
  Tensor targets({static_cast<std::int64_t>(labels.size()), outputs});
  float* row = targets.data();
  for (const std::vector<int>& own : labels) {
    if (own.empty() && (!many_labels || outputs == 1))
      std::fill_n(row, outputs, 1.0F / static_cast<float>(std::max(outputs, 2)));
    for (const int label : own) {
      if (outputs == 1) {
        row[0] = label == 1 ? 1.0F : row[0];
      } else {
        row[label] = many_labels ? 1.0F : 1.0F / static_cast<float>(own.size());
      }
    }
    row += outputs;
  }
  return targets;
}

Batcher::Batcher(std::int64_t videos, const TrainingFlowOptions& options)
    : videos_(videos), options_(options) {}

std::optional<BatchItem> Batcher::put(const SampleItem& item) {
  waiting_.push_back(item);
  const bool last = item.mark == Mark::end;
  if (!last && static_cast<std::int64_t>(waiting_.size()) < options_.batch) return std::nullopt;
  BatchItem batch{{0, item.key.segment, number_++}, item.mark, nullptr, outcome(last)};
  waiting_.clear();
  return batch;
}

Outcome<TrainingBatchPtr> Batcher::outcome(bool last) {
  for (const SampleItem& item : waiting_) {
    if (!item.outcome.has_value()) return item.outcome.rethrow<TrainingBatchPtr>();
  }
  for (const SampleItem& item : waiting_) note(*item.outcome.value());
  if (static_cast<double>(unreadable_.size()) > options_.most_unreadable * static_cast<double>(videos_)) {
    return Failure{ExitCode::source, too_many()};
  }
  return TrainingBatchPtr(build(last));
}

void Batcher::note(const PreparedSample& sample) {
  for (const UnreadableVideo& video : sample.unreadable) {
    if (!seen_.insert(video.entry).second) continue;
    unreadable_.push_back(video);
  }
}

std::string Batcher::too_many() const {
  return fmt::format("{} of {} videos cannot be read, more than data.most_unreadable ({}); the first: {}",
                     unreadable_.size(), videos_, options_.most_unreadable, unreadable_.front().why);
}

std::shared_ptr<TrainingBatch> Batcher::build(bool last) const {
  auto batch = std::make_shared<TrainingBatch>();
  batch->epoch = static_cast<std::uint32_t>(waiting_.front().key.segment);
  batch->step = waiting_.front().outcome.value()->plan.sample / options_.batch;
  batch->last = last;
  batch->clips = static_cast<int>(waiting_.size());
  for (const SampleItem& item : waiting_) add(*item.outcome.value(), *batch);
  batch->unreadable = unreadable_;
  if (!batch->sample_targets.empty()) return batch;
  batch->targets = make_targets(batch->labels, options_.outputs, options_.many_labels);
  if (options_.mixup > 0) mix(*batch);
  return batch;
}

// One that only other ranks need leaves its place free.
void Batcher::add(const PreparedSample& sample, TrainingBatch& batch) const {
  const auto place = static_cast<std::int64_t>(batch.labels.size());
  batch.labels.push_back(sample.labels);
  batch.frames.insert(batch.frames.end(), sample.frames.begin(), sample.frames.end());
  batch.sample_targets.insert(batch.sample_targets.end(), sample.targets.begin(), sample.targets.end());
  if (options_.ranks > 1) {
    batch.frames.resize(batch.labels.size() * static_cast<std::size_t>(options_.frames));
    batch.sample_targets.resize(batch.labels.size() * static_cast<std::size_t>(options_.answers));
  }
  const bool own = is_own({batch.step, place, batch.clips}, options_);
  if (own && !sample.unreadable.empty()) ++batch.substituted;
}

void Batcher::mix(TrainingBatch& batch) const {
  MixupDraw draw = draw_mixup(options_.mixup, batch.clips, options_.seed, batch.epoch, batch.step);
  batch.targets = mix_targets(draw, batch.targets);
  batch.mixing = Mixing{std::move(draw.partner), std::move(draw.lambda)};
}

}  // namespace actionflow
