#include "pipeline/training/validation/validation.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "models/network/action_scores.h"
#include "models/training/loss/stream_loss.h"
#include "nodes/training/sample_targets.h"
#include "pipeline/evaluation/clips/clip_calibration.h"
#include "pipeline/evaluation/streams/stream_evaluation.h"

namespace actionflow {

namespace {

// Every so manieth video is a rank's, so that long and short ones are mixed.
std::vector<VideoEntry> share_of(const std::vector<VideoEntry>& entries, const training::Ranks& ranks) {
  std::vector<VideoEntry> own;
  for (auto i = static_cast<std::size_t>(ranks.rank()); i < entries.size();
       i += static_cast<std::size_t>(ranks.count()))
    own.push_back(entries[i]);
  return own;
}

std::vector<std::uint8_t> packed(const std::vector<EvaluatedVideo>& videos) {
  nlohmann::json list = nlohmann::json::array();
  for (const EvaluatedVideo& video : videos) list.push_back({video.probabilities, video.unreadable});
  return nlohmann::json::to_cbor(list);
}

// In the order of the entries.
std::vector<EvaluatedVideo> gather(const std::vector<EvaluatedVideo>& own,
                                   const std::vector<VideoEntry>& entries, training::Ranks& ranks) {
  std::vector<nlohmann::json> lists;
  for (const std::vector<std::uint8_t>& bytes : ranks.gather_bytes(packed(own)))
    lists.push_back(nlohmann::json::from_cbor(bytes));
  std::vector<EvaluatedVideo> all;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const nlohmann::json& video = lists[i % lists.size()][i / lists.size()];
    all.push_back({video[0].get<std::vector<float>>(), entries[i].labels, video[1].get<std::string>()});
  }
  return all;
}

std::vector<EvaluatedVideo> evaluate_together(const Network& network, const std::vector<VideoEntry>& entries,
                                              FrameCache& cache, const EvaluatorOptions& options,
                                              training::Ranks& ranks) {
  if (ranks.alone()) return evaluate(network, entries, cache, options);
  std::vector<EvaluatedVideo> own;
  bool stopped = false;
  try {
    own = evaluate(network, share_of(entries, ranks), cache, options);
  } catch (const Interrupted&) {
    stopped = true;
  }
  const std::vector<bool> all_stopped = ranks.gather_flags(stopped);
  if (std::ranges::find(all_stopped, true) != all_stopped.end()) throw Interrupted();
  return gather(own, entries, ranks);
}

}  // namespace

Validation validate(const Architecture& architecture, const Weights& weights,
                    const std::vector<VideoEntry>& entries, FrameCache& cache,
                    const SamplingOptions& sampling, int threads, const std::atomic<bool>& stop,
                    training::Ranks& ranks) {
  Validation validation;
  if (entries.empty()) {
    validation.score.top1 = validation.score.loss = std::numeric_limits<double>::quiet_NaN();
    return validation;
  }
  const auto network = Network::compile(architecture, weights, {});
  EvaluatorOptions options;
  options.sampling = sampling;
  options.threads = threads;
  options.stop = &stop;
  validation.entries = entries;
  validation.videos = evaluate_together(*network, entries, cache, options, ranks);
  validation.score = score(validation.videos);
  validation.calibration = calibrate_clips(validation.videos, "val");
  return validation;
}

namespace {

constexpr float kLeastProbability = 1e-7F;  // the finest that probabilities in f32 tell from 1

float logit(float probability) {
  const float inside = std::clamp(probability, kLeastProbability, 1 - kLeastProbability);
  return std::log(inside / (1 - inside));
}

// What a sample, or a window at its last sample, should have said.
void add_targets(const ScoredStream& stream, const StreamTruth& truth, std::vector<SampleTarget>& targets) {
  const std::int64_t samples = std::max<std::int64_t>(1, std::llround(stream.seconds / stream.interval));
  const std::vector<SampleTarget> all =
      sample_targets(stream.actions, samples, stream.interval, truth.targets, truth.none_weight);
  for (const ScoredObservation& one : stream.observations) {
    const std::int64_t last = std::llround(one.end / stream.interval) - 1;
    targets.push_back(all[static_cast<std::size_t>(std::clamp<std::int64_t>(last, 0, samples - 1))]);
  }
}

// All that was scored as one sequence.
double stream_loss(const std::vector<ScoredStream>& scored, std::size_t classes, const StreamTruth& truth) {
  std::vector<SampleTarget> targets;
  for (const ScoredStream& stream : scored) add_targets(stream, truth, targets);
  if (targets.empty()) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t samples = targets.size();
  Tensor values({1, static_cast<std::int64_t>(classes) + kActionOutputs, static_cast<std::int64_t>(samples)});
  std::size_t at = 0;
  for (const ScoredStream& stream : scored) {
    for (const ScoredObservation& one : stream.observations) {
      for (std::size_t k = 0; k < classes; ++k)
        values.data()[k * samples + at] = std::log(std::max(one.which[k], kLeastProbability));
      values.data()[classes * samples + at] = logit(one.action.value_or(0));
      values.data()[(classes + 1) * samples + at] = one.elapsed;
      ++at;
    }
  }
  return evaluate_stream_loss(truth.loss, values, targets).loss;
}

// By calibration.
void detect(Validation& validation, const Architecture& architecture) {
  validation.detected = detect_calibrated(validation.scored, *validation.calibration, architecture.classes);
  validation.score.top1 = measure_events(validation.detected, static_cast<int>(architecture.classes.size()))
                              .levenshtein_accuracy.value_or(0);
}

SequenceSource joined(const std::vector<SequenceSource>& sources) {
  SequenceSource all;
  for (const SequenceSource& source : sources) all.count += source.count;
  all.stream = [sources](std::size_t index) {
    std::size_t i = 0;
    for (; index >= sources[i].count; ++i) index -= sources[i].count;
    return sources[i].stream(index);
  };
  return all;
}

template <class Value>
void append(std::vector<Value>& to, std::vector<Value>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Of splits with as many videos or streams as each weighs.
double mean_loss(const std::vector<Validation>& splits) {
  double sum = 0, weight = 0;
  for (const Validation& split : splits) {
    const auto own = static_cast<double>(split.videos.size() + split.scored.size());
    sum += own * split.score.loss;
    weight += own;
  }
  return sum / weight;
}

}  // namespace

Validation pooled(std::vector<Validation> splits, const Architecture& architecture) {
  Validation all;
  const double loss = mean_loss(splits);
  std::vector<SequenceSource> sources;
  for (Validation& split : splits) {
    append(all.entries, split.entries);
    append(all.videos, split.videos);
    append(all.scored, split.scored);
    sources.push_back(split.streams);
  }
  const std::string on = "parts of train that were held out";
  if (all.scored.empty()) {
    all.score = score(all.videos);
    all.calibration = calibrate_clips(all.videos, on);
  } else {
    all.streams = joined(sources);
    all.calibration = calibrate_streams(all.scored, architecture.classes, on);
    detect(all, architecture);
  }
  all.score.loss = loss;
  return all;
}

Validation validate_streams(const Architecture& architecture, const Weights& weights,
                            EvaluationStreams& streams, const StreamTruth& truth, int threads,
                            const std::atomic<bool>& stop) {
  Validation validation;
  validation.score.top1 = validation.score.loss = std::numeric_limits<double>::quiet_NaN();
  if (streams.count() == 0) return validation;
  StreamScorerOptions options;
  options.threads = threads;
  options.stop = &stop;
  streams.open_all();
  validation.streams = source_of(streams);
  validation.scored = score_streams(*compile_for_scoring(architecture, weights), validation.streams, options);
  validation.calibration = calibrate_streams(validation.scored, architecture.classes, "val");
  detect(validation, architecture);
  validation.score.loss = stream_loss(validation.scored, architecture.classes.size(), truth);
  return validation;
}

}  // namespace actionflow
