#include "pipeline/evaluation/split_streams.h"

#include <algorithm>

namespace actionflow {
namespace {

// A video's actions, none of which could be seen.
StreamDetections unseen(const VideoEntry& entry) {
  StreamDetections stream{entry.title(), 0, entry.actions, {}};
  for (const int label : entry.labels) stream.actions.push_back({label, 0, 1});
  return stream;
}

std::vector<VideoEntry> cut_clips(const std::vector<VideoEntry>& entries) {
  std::vector<VideoEntry> clips;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(clips),
               [](const VideoEntry& entry) { return !entry.timed && !entry.labels.empty(); });
  return clips;
}

std::vector<int> labels_of(const std::vector<TimedAction>& actions) {
  std::vector<int> labels;
  for (const TimedAction& action : actions) labels.push_back(action.label);
  return labels;
}

}  // namespace

std::vector<ScoredStream> SplitStreams::score(const SequenceSource& source) const {
  return score_streams(network_, source, {.threads = options_.threads, .stop = options_.stop});
}

Calibration SplitStreams::calibrate(const std::vector<VideoEntry>& entries, const std::string& split) const {
  EvaluationStreams streams(entries, cache_, network_.input(), options_.join, options_.threads);
  return calibrate_streams(score(source_of(streams)), network_.classes(), split);
}

StreamReport SplitStreams::report(const std::vector<VideoEntry>& entries, const Calibration& calibration,
                                  std::vector<UnreadableVideo>& unreadable) const {
  EvaluationStreams streams(entries, cache_, network_.input(), options_.join, options_.threads);
  const SequenceSource source = source_of(streams);
  std::vector<StreamDetections> detected = detect_calibrated(score(source), calibration, network_.classes());
  for (UnreadableVideo& video : streams.unreadable()) {
    detected.push_back(unseen(entries[static_cast<std::size_t>(video.entry)]));
    unreadable.push_back(std::move(video));
  }
  return report_streams(std::move(detected), source, network_.classes(), network_.input());
}

std::vector<EvaluatedVideo> SplitStreams::clips_alone(const std::vector<VideoEntry>& entries,
                                                      const Calibration& calibration) const {
  const std::vector<VideoEntry> clips = cut_clips(entries);
  JoinOptions alone = options_.join;
  alone.streams = static_cast<int>(clips.size());
  EvaluationStreams streams(clips, cache_, network_.input(), alone, options_.threads);
  std::vector<EvaluatedVideo> answers;
  for (ScoredStream& clip : score(source_of(streams))) {
    if (calibration.temperature) set_temperature(clip, *calibration.temperature);
    const ScoredObservation* surest = surest_observation(clip, 0, clip.seconds);
    if (surest != nullptr) answers.push_back({surest->which, labels_of(clip.actions), {}});
  }
  for (const UnreadableVideo& video : streams.unreadable())
    answers.push_back({{}, clips[static_cast<std::size_t>(video.entry)].labels, video.why});
  return answers;
}

}  // namespace actionflow
