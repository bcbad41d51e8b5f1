#include "pipeline/evaluation/streams/event_measures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "pipeline/evaluation/clips/clip_measures.h"

namespace actionflow {
namespace {

constexpr std::array kMapOverlaps{0.3, 0.4, 0.5, 0.6, 0.7};
constexpr double kSecondsPerHour = 3600;

using Streams = std::span<const StreamDetections>;
using Matches = std::vector<DetectionMatch>;

const DetectedAction& detection_of(Streams streams, const DetectionMatch& match) {
  return streams[match.stream].detected[match.detection];
}

const TimedAction& action_of(Streams streams, const DetectionMatch& match) {
  return streams[match.stream].actions[static_cast<std::size_t>(match.action)];
}

bool is_of_a_class(const TimedAction& action) { return action.label >= 0; }

std::int64_t count_actions(const StreamDetections& stream) {
  return std::count_if(stream.actions.begin(), stream.actions.end(), is_of_a_class);
}

template <class Timed>
std::vector<int> labels_in_order(std::vector<Timed> all) {
  std::erase_if(all, [](const Timed& one) { return one.label < 0; });
  std::stable_sort(all.begin(), all.end(), [](const Timed& a, const Timed& b) {
    return a.start != b.start ? a.start < b.start : a.end < b.end;
  });
  std::vector<int> labels;
  labels.reserve(all.size());
  for (const Timed& one : all) labels.push_back(one.label);
  return labels;
}

std::int64_t edit_distance(const std::vector<int>& from, const std::vector<int>& to) {
  std::vector<std::int64_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::int64_t{0});
  for (const int label : from) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t k = 1; k < row.size(); ++k) {
      const std::int64_t substituted = diagonal + (label == to[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({row[k] + 1, row[k - 1] + 1, substituted});
    }
  }
  return row.back();
}

OverlapScore overlap_score(std::int64_t found, std::int64_t events, std::int64_t actions) {
  return {share(found, events), share(found, actions), share(2 * found, events + actions)};
}

// As numpy's percentile: linear between the two nearest.
std::optional<double> quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], at - static_cast<double>(below));
}

DelayMeasures delays(const std::vector<double>& values) {
  return {quantile(values, 0.5), quantile(values, 0.9)};
}

// Area under precision over recall, each precision replaced by the best at that recall or more; as
// ActivityNet's tool counts it. `found`: whether each detection of the class found an action, by falling
// score.
double average_precision(const std::vector<bool>& found, std::int64_t actions) {
  std::vector<double> precision, recall;
  std::int64_t right = 0, all = 0;
  for (const bool hit : found) {
    right += hit ? 1 : 0;
    precision.push_back(share(right, ++all));
    recall.push_back(share(right, actions));
  }
  double area = 0, best = 0;
  for (std::size_t i = precision.size(); i-- > 0;) {
    best = std::max(best, precision[i]);
    area += best * (recall[i] - (i == 0 ? 0 : recall[i - 1]));
  }
  return area;
}

bool overlaps_an_action(const StreamDetections& stream, const DetectedAction& detected) {
  return std::any_of(stream.actions.begin(), stream.actions.end(), [&](const TimedAction& action) {
    return is_of_a_class(action) && detected.start < action.end && action.start < detected.end;
  });
}

double common_seconds(const DetectedAction& detected, const TimedAction& action) {
  return std::max(0.0, std::min(detected.end, action.end) - std::max(detected.start, action.start));
}

bool is_ambiguous(const StreamDetections& stream, const DetectedAction& detected) {
  double seconds = 0;
  for (const TimedAction& action : stream.actions)
    if (action.label == kAmbiguous) seconds += common_seconds(detected, action);
  return seconds > 0 && seconds >= (detected.end - detected.start) / 2;
}

class Measuring {
 public:
  Measuring(Streams streams, int classes) : streams_(streams) {
    result_.per_class.resize(static_cast<std::size_t>(classes));
  }

  EventMeasures run() && {
    count();
    result_.levenshtein_accuracy = levenshtein_accuracy(streams_);
    const Matches loose = match_detections(streams_, kLooseOverlap);
    score(loose, &EventClassMeasures::loose, result_.loose);
    score(match_detections(streams_, kHalfOverlap), &EventClassMeasures::half, result_.half);
    measure_precision();
    measure_times(loose);
    measure_false(loose);
    return std::move(result_);
  }

 private:
  EventClassMeasures& of_class(int label) { return result_.per_class.at(static_cast<std::size_t>(label)); }

  void count() {
    result_.streams = static_cast<std::int64_t>(streams_.size());
    for (const StreamDetections& stream : streams_) {
      result_.seconds += stream.seconds;
      for (const TimedAction& action : stream.actions) {
        if (is_of_a_class(action))
          ++of_class(action.label).actions;
        else if (action.label == kMovementOfNone)
          ++result_.unknown;
      }
      for (const DetectedAction& detected : stream.detected) ++of_class(detected.label).events;
    }
    for (const EventClassMeasures& of : result_.per_class) {
      result_.actions += of.actions;
      result_.events += of.events;
    }
  }

  void score(const Matches& matches, OverlapScore EventClassMeasures::*member, OverlapScore& whole) {
    std::vector<std::int64_t> found(result_.per_class.size());
    for (const DetectionMatch& match : matches)
      if (match.action >= 0) ++found[static_cast<std::size_t>(detection_of(streams_, match).label)];
    for (std::size_t k = 0; k < found.size(); ++k) {
      EventClassMeasures& of = result_.per_class[k];
      of.*member = overlap_score(found[k], of.events, of.actions);
    }
    whole = overlap_score(std::accumulate(found.begin(), found.end(), std::int64_t{0}), result_.events,
                          result_.actions);
  }

  void measure_precision() {
    std::vector<double> sums(result_.per_class.size());
    for (const double overlap : kMapOverlaps) {
      std::vector<std::vector<bool>> found(sums.size());
      for (const DetectionMatch& match : match_detections(streams_, overlap))
        found[static_cast<std::size_t>(detection_of(streams_, match).label)].push_back(match.action >= 0);
      for (std::size_t k = 0; k < sums.size(); ++k)
        sums[k] += average_precision(found[k], result_.per_class[k].actions);
    }
    double sum = 0;
    int present = 0;
    for (std::size_t k = 0; k < sums.size(); ++k) {
      EventClassMeasures& of = result_.per_class[k];
      if (of.actions == 0) continue;
      of.average_precision = sums[k] / static_cast<double>(kMapOverlaps.size());
      sum += *of.average_precision;
      ++present;
    }
    if (present > 0) result_.map = sum / present;
  }

  void measure_times(const Matches& matches) {
    std::vector<double> named, over, overlaps;
    for (const DetectionMatch& match : matches) {
      if (match.action < 0) continue;
      named.push_back(detection_of(streams_, match).named - action_of(streams_, match).start);
      over.push_back(detection_of(streams_, match).over - action_of(streams_, match).end);
      overlaps.push_back(match.overlap);
    }
    result_.start = delays(named);
    result_.end = delays(over);
    result_.overlap = quantile(std::move(overlaps), 0.5);
  }

  void measure_false(const Matches& matches) {
    std::int64_t alone = 0;
    std::vector<std::vector<double>> unmatched_starts(streams_.size());
    for (const DetectionMatch& match : matches) {
      if (match.action >= 0) continue;
      const DetectedAction& detected = detection_of(streams_, match);
      unmatched_starts[match.stream].push_back(detected.start);
      alone += overlaps_an_action(streams_[match.stream], detected) ? 0 : 1;
    }
    if (result_.seconds > 0)
      result_.false_events = static_cast<double>(alone) * kSecondsPerHour / result_.seconds;
    for (std::size_t s = 0; s < streams_.size(); ++s) {
      const auto hit = [&](const TimedAction& action) {
        return action.label == kMovementOfNone &&
               std::any_of(unmatched_starts[s].begin(), unmatched_starts[s].end(),
                           [&](double start) { return action.start <= start && start < action.end; });
      };
      result_.unknown_hit += std::count_if(streams_[s].actions.begin(), streams_[s].actions.end(), hit);
    }
  }

  Streams streams_;
  EventMeasures result_;
};

}  // namespace

double temporal_overlap(double start, double end, double other_start, double other_end) {
  const double common = std::min(end, other_end) - std::max(start, other_start);
  if (common <= 0) return 0;
  return common / (end - start + other_end - other_start - common);
}

Matches match_detections(Streams streams, double overlap) {
  Matches matches;
  std::vector<std::vector<bool>> taken(streams.size());
  for (std::size_t s = 0; s < streams.size(); ++s) {
    taken[s].resize(streams[s].actions.size());
    for (std::size_t d = 0; d < streams[s].detected.size(); ++d) matches.push_back({s, d});
  }
  std::stable_sort(matches.begin(), matches.end(), [&](const DetectionMatch& a, const DetectionMatch& b) {
    return detection_of(streams, a).score > detection_of(streams, b).score;
  });
  for (DetectionMatch& match : matches) {
    const DetectedAction& detected = detection_of(streams, match);
    const std::vector<TimedAction>& actions = streams[match.stream].actions;
    for (std::size_t a = 0; a < actions.size(); ++a) {
      if (actions[a].label != detected.label || taken[match.stream][a]) continue;
      const double common = temporal_overlap(detected.start, detected.end, actions[a].start, actions[a].end);
      if (common < overlap || common <= match.overlap) continue;
      match.action = static_cast<int>(a);
      match.overlap = common;
    }
    if (match.action >= 0) taken[match.stream][static_cast<std::size_t>(match.action)] = true;
  }
  return matches;
}

void leave_out_ambiguous(StreamDetections& stream) {
  std::vector<bool> left_out(stream.detected.size());
  for (const DetectionMatch& match : match_detections({&stream, 1}, kLooseOverlap))
    left_out[match.detection] = match.action < 0 && is_ambiguous(stream, stream.detected[match.detection]);
  std::vector<DetectedAction> kept;
  for (std::size_t i = 0; i < left_out.size(); ++i)
    if (!left_out[i]) kept.push_back(stream.detected[i]);
  stream.detected = std::move(kept);
}

std::optional<double> levenshtein_accuracy(Streams streams) {
  std::int64_t edits = 0, actions = 0;
  for (const StreamDetections& stream : streams) {
    edits += edit_distance(labels_in_order(stream.actions), labels_in_order(stream.detected));
    actions += count_actions(stream);
  }
  if (actions == 0) return std::nullopt;
  return 1 - share(edits, actions);
}

OverlapScore score_at_overlap(Streams streams, double overlap) {
  std::int64_t actions = 0, found = 0;
  const Matches matches = match_detections(streams, overlap);
  for (const DetectionMatch& match : matches) found += match.action >= 0 ? 1 : 0;
  for (const StreamDetections& stream : streams) actions += count_actions(stream);
  return overlap_score(found, static_cast<std::int64_t>(matches.size()), actions);
}

EventMeasures measure_events(Streams streams, int classes) { return Measuring(streams, classes).run(); }

}  // namespace actionflow
