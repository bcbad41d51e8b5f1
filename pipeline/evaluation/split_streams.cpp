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

// What is kept is a stream as it is; content() says of which videos.
const std::string kAs = "stream";

std::vector<int> labels_of(const std::vector<TimedAction>& actions) {
  std::vector<int> labels;
  labels.reserve(actions.size());
  for (const TimedAction& action : actions) labels.push_back(action.label);
  return labels;
}

}  // namespace

EvaluationStreams SplitStreams::joined(const std::vector<VideoEntry>& entries) const {
  return {entries, cache_, network_.input(), options_.join, options_.threads};
}

EvaluationStreams SplitStreams::alone(const std::vector<VideoEntry>& clips) const {
  JoinOptions alone = options_.join;
  alone.streams = static_cast<int>(clips.size());
  return {clips, cache_, network_.input(), alone, options_.threads};
}

// Those that are neither kept nor of this share are empty.
std::vector<ScoredStream> SplitStreams::score(EvaluationStreams& streams) const {
  std::vector<ScoredStream> all(streams.count());
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const ScoredStream* kept = options_.answers ? options_.answers->find(kAs, streams.content(i)) : nullptr;
    if (kept != nullptr)
      all[i] = *kept;
    else if (!options_.share || options_.share(streams.name(i)))
      wanted.push_back(i);
  }
  streams.open(wanted);
  StreamScorerOptions options{.threads = options_.threads, .stop = options_.stop};
  if (options_.answers) {
    options.said = [&](std::size_t at, const ScoredStream& scored) {
      if (streams.whole(wanted[at])) options_.answers->put(kAs, streams.content(wanted[at]), scored);
    };
  }
  const SequenceSource source{wanted.size(), [&](std::size_t at) { return streams.stream(wanted[at]); }};
  std::vector<ScoredStream> scored = score_streams(network_, source, options);
  for (std::size_t i = 0; i < wanted.size(); ++i) all[wanted[i]] = std::move(scored[i]);
  return all;
}

void SplitStreams::answer(const std::vector<VideoEntry>& entries) const {
  EvaluationStreams streams = joined(entries);
  score(streams);
}

void SplitStreams::answer_alone(const std::vector<VideoEntry>& entries) const {
  const std::vector<VideoEntry> clips = cut_clips(entries);
  EvaluationStreams streams = alone(clips);
  score(streams);
}

Calibration SplitStreams::calibrate(const std::vector<VideoEntry>& entries, const std::string& split) const {
  EvaluationStreams streams = joined(entries);
  return calibrate_streams(score(streams), network_.classes(), split);
}

StreamReport SplitStreams::report(const std::vector<VideoEntry>& entries, const Calibration& calibration,
                                  bool pictures, std::vector<UnreadableVideo>& unreadable) const {
  EvaluationStreams streams = joined(entries);
  std::vector<StreamDetections> detected = detect_calibrated(score(streams), calibration, network_.classes());
  for (UnreadableVideo& video : streams.unreadable()) {
    detected.push_back(unseen(entries[static_cast<std::size_t>(video.entry)]));
    unreadable.push_back(std::move(video));
  }
  const SequenceSource source = pictures ? source_of(streams) : SequenceSource{};
  return report_streams(std::move(detected), source, network_.classes(), network_.input());
}

std::vector<EvaluatedVideo> SplitStreams::clips_alone(const std::vector<VideoEntry>& entries,
                                                      const Calibration& calibration) const {
  const std::vector<VideoEntry> clips = cut_clips(entries);
  EvaluationStreams streams = alone(clips);
  std::vector<EvaluatedVideo> answers;
  for (ScoredStream& clip : score(streams)) {
    if (calibration.temperature) set_temperature(clip, *calibration.temperature);
    const ScoredObservation* surest = surest_observation(clip, 0, clip.seconds);
    if (surest != nullptr) answers.push_back({surest->which, labels_of(clip.actions), {}});
  }
  for (const UnreadableVideo& video : streams.unreadable())
    answers.push_back({{}, clips[static_cast<std::size_t>(video.entry)].labels, video.why});
  return answers;
}

}  // namespace actionflow
