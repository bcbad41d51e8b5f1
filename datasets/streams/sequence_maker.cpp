#include "datasets/streams/sequence_maker.h"

#include <numeric>

#include "datasets/lists/dataset_scan.h"
#include "datasets/streams/stream_painter.h"

namespace actionflow {

namespace {

std::vector<int> all_entries(const EntryFrames& frames) {
  std::vector<int> all(frames.entries().size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

std::vector<double> known_seconds(EntryFrames& frames, const std::vector<int>& entries, int threads) {
  std::vector<VideoEntry> videos;
  videos.reserve(entries.size());
  for (const int entry : entries) videos.push_back(frames.entries()[static_cast<std::size_t>(entry)]);
  std::vector<double> seconds;
  for (const ScanResult::Video& video : scan_each(videos, threads)) {
    if (!video.why.empty()) frames.note_unreadable(entries[seconds.size()], video.why);
    seconds.push_back(video.why.empty() ? video.seconds : 0);
  }
  return seconds;
}

SequenceMaker::SequenceMaker(const std::vector<VideoEntry>& entries, const Augmenter& augmenter,
                             FrameCache& cache, const StreamOptions& options, bool balanced, int threads)
    : augmenter_(augmenter),
      frames_(entries, cache, augmenter.kept_form()),
      planner_(entries, known_seconds(frames_, all_entries(frames_), threads), augmenter, options, balanced) {
}

TrainingSequence SequenceMaker::training_sequence(std::uint64_t seed, std::uint32_t epoch,
                                                  std::int64_t sample) {
  const InputSpec& input = planner_.input();
  const EntryVideo video = [this](int entry) { return frames_.get(entry); };
  for (;;) {
    PlannedSequence planned =
        planner_.plan(seed, epoch, sample, [this](int entry) { return !frames_.unreadable(entry); });
    TrainingSequence result;
    result.sequence.actions = planned.plan.actions;
    result.sequence.interval = input.interval();
    for (const int entry : planned.substituted)
      result.unreadable.push_back({entry, frames_.unreadable(entry).value_or("it holds no frame")});
    const ClipTimes moments = augmenter_.held(stream_moments(planned.plan, input.frame_rate, input.frames),
                                              seed, epoch, static_cast<std::uint64_t>(sample));
    try {
      result.sequence.samples = painted_stream(std::move(planned.plan), video, input, moments);
      return result;
    } catch (const UnreadableTake& error) {
      // Drawn anew with this one known, as if it had been from the beginning.
      frames_.note_unreadable(error.entry, error.what());
    }
  }
}

}  // namespace actionflow
