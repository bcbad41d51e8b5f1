#include "pipeline/evaluation/streams/event_fitting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "nodes/events/calibrated_options.h"
#include "pipeline/evaluation/clips/clip_calibration.h"

namespace actionflow {
namespace {

constexpr int kSteps = 20;         // thresholds are 1/20, 2/20 … 19/20
constexpr int kReach = 3;          // steps to the furthest neighbour whose merit counts
constexpr double kPull = 2;        // actions that a distance of 1 from the decoder's own thresholds costs
constexpr double kLeastEdits = 3;  // that thresholds of a class have to mend
constexpr double kMostDelay = 0.6, kMostShortest = 0.4;  // seconds, of each of the durations
// Shares of all actions that a second is worth: of answering later, and of passing over what is shorter,
// which spares people flickers.
constexpr double kPriceOfDelay = 0.07, kWorthOfShortest = 0.015;
constexpr int kMostRounds = 3;     // of choosing thresholds, then what else there is
constexpr double kSameF1 = 0.005;  // a difference that counts for nothing
constexpr double kLinger = 0.5;    // seconds after its end in which an action may be surest
constexpr double kRounding = 1e-6;
// Samples, so that choices are as fine as the network's rate allows.
constexpr std::array kDurations{0, 1, 2, 3, 4, 6, 8, 12};

double threshold_at(int step) { return static_cast<double>(step) / kSteps; }

// How good a choice is.
struct Quality {
  double accuracy = -std::numeric_limits<double>::infinity();
  double f1 = 0;

  bool better_than(const Quality& other) const {
    if (accuracy != other.accuracy) return accuracy > other.accuracy;
    return f1 > other.f1 + kSameF1;
  }
  bool as_good_as(const Quality& other) const { return !other.better_than(*this); }
  double merit() const { return accuracy + f1; }
};

std::optional<double> fit_temperature(std::span<const ScoredStream> streams) {
  std::vector<EvaluatedVideo> answers;
  for (const ScoredStream& stream : streams) {
    for (const TimedAction& action : stream.actions) {
      const ScoredObservation* surest =
          action.label < 0 ? nullptr : surest_observation(stream, action.start, action.end + kLinger);
      if (surest != nullptr) answers.push_back({surest->which, {action.label}, {}});
    }
  }
  return trusted_temperature(answers);
}

// The middle of the longest run of choices as good as the best; the first choice where it is among these.
std::size_t middle_of_best(const std::vector<Quality>& qualities) {
  Quality best;
  for (const Quality& quality : qualities)
    if (quality.better_than(best)) best = quality;
  if (qualities.front().as_good_as(best)) return 0;
  std::size_t from = 0, length = 0;
  for (std::size_t i = 0, run = 0; i < qualities.size(); ++i) {
    run = qualities[i].as_good_as(best) ? run + 1 : 0;
    if (run <= length) continue;
    length = run;
    from = i + 1 - run;
  }
  return from + (length - 1) / 2;
}

// Qualities over begin and end thresholds, end ≤ begin.
class ThresholdGrid {
 public:
  template <class Judge>
  explicit ThresholdGrid(Judge&& judge) {
    for (int begin = 1; begin < kSteps; ++begin)
      for (int end = 1; end <= begin; ++end)
        cell(begin, end) = judge(EventThresholds{threshold_at(begin), threshold_at(end)});
  }

  struct Choice {
    EventThresholds thresholds;
    Quality quality;
  };
  // The one whose neighbourhood has the greatest merit, less `pull` for a distance of 1 from where the
  // decoder stands.
  Choice best(double pull) const {
    const EventOptions own;
    double most = -std::numeric_limits<double>::infinity();
    Choice chosen;
    for (int begin = 1; begin < kSteps; ++begin) {
      for (int end = 1; end <= begin; ++end) {
        const EventThresholds at{threshold_at(begin), threshold_at(end)};
        const double distance = std::abs(at.begin - own.begin) + std::abs(at.end - own.end);
        const double merit = merit_around(begin, end) - pull * distance;
        if (merit <= most) continue;
        most = merit;
        chosen = {at, cell(begin, end)};
      }
    }
    return chosen;
  }

 private:
  static std::size_t index(int begin, int end) { return static_cast<std::size_t>(begin * kSteps + end); }
  Quality& cell(int begin, int end) { return cells_[index(begin, end)]; }
  const Quality& cell(int begin, int end) const { return cells_[index(begin, end)]; }

  // The mean over what lies near, nearer ones counting more.
  double merit_around(int begin, int end) const {
    double sum = 0, weights = 0;
    for (int b = std::max(1, begin - kReach); b <= std::min(kSteps - 1, begin + kReach); ++b) {
      for (int e = std::max(1, end - kReach); e <= std::min(b, end + kReach); ++e) {
        const int weight = (kReach + 1 - std::abs(b - begin)) * (kReach + 1 - std::abs(e - end));
        sum += weight * cell(b, e).merit();
        weights += weight;
      }
    }
    return sum / weights;
  }

  std::array<Quality, kSteps * kSteps> cells_;
};

class EventFitting {
 public:
  EventFitting(std::span<const ScoredStream> streams, const std::vector<std::string>& classes)
      : streams_(streams), classes_(classes), actions_(classes.size()) {
    for (const ScoredStream& stream : streams) {
      for (const TimedAction& action : stream.actions)
        if (action.label >= 0) ++actions_[static_cast<std::size_t>(action.label)];
    }
  }

  EventCalibration run() {
    Quality before;
    for (int round = 0; round < kMostRounds; ++round) {
      const Quality now = choose_thresholds();
      if (round > 0 && !now.better_than(before)) break;
      before = now;
      const EventCalibration then = chosen_;
      choose_duration(&EventCalibration::smooth, kMostDelay, kPriceOfDelay);
      choose_duration(&EventCalibration::shortest, kMostShortest, -kWorthOfShortest);
      choose_duration(&EventCalibration::merge, kMostDelay, kPriceOfDelay);
      if (chosen_ == then) break;
    }
    for (std::size_t label = 0; label < classes_.size(); ++label)
      if (actions_[label] >= kLeastActionsOfClass) choose_for_class(label);
    chosen_.trail = trail();
    return chosen_;
  }

 private:
  std::vector<StreamDetections> detect(const EventCalibration& calibration) const {
    return detect_actions(streams_, calibrated_options(calibration), classes_);
  }

  Quality quality(const EventCalibration& calibration) const {
    const std::vector<StreamDetections> detected = detect(calibration);
    return {levenshtein_accuracy(detected).value_or(0), score_at_overlap(detected, kHalfOverlap).f1};
  }

  Quality choose_thresholds() {
    const ThresholdGrid grid([this](const EventThresholds& thresholds) {
      EventCalibration tried = chosen_;
      tried.thresholds = thresholds;
      return quality(tried);
    });
    const ThresholdGrid::Choice best = grid.best(kPull / static_cast<double>(all_actions()));
    chosen_.thresholds = best.thresholds;
    return best.quality;
  }

  // The one whose neighbourhood has the greatest merit, less what it costs: `price` a second.
  void choose_duration(double EventCalibration::*duration, double most, double price) {
    std::vector<double> seconds, merits;
    for (const int samples : kDurations) {
      EventCalibration tried = chosen_;
      tried.*duration = samples * streams_.front().interval;
      if (tried.*duration > most + kRounding) break;
      seconds.push_back(tried.*duration);
      merits.push_back(quality(tried).merit());
    }
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < seconds.size(); ++i) {
      const double merit = merit_near(merits, i) - price * seconds[i];
      if (merit <= best + kRounding) continue;
      best = merit;
      chosen_.*duration = seconds[i];
    }
  }

  static double merit_near(const std::vector<double>& merits, std::size_t at) {
    const double before = merits[at > 0 ? at - 1 : at];
    const double behind = merits[std::min(at + 1, merits.size() - 1)];
    return (before + 2 * merits[at] + behind) / 4;
  }

  // Both thresholds by the same factor, so that one number is chosen from few actions. Where a class is never
  // told, its false events are mended, too: what loses more of the class than it gains is no choice.
  void choose_for_class(std::size_t label) {
    const auto class_f1 = [&](const EventCalibration& calibration) {
      const auto of = measure_events(detect(calibration), static_cast<int>(classes_.size())).per_class;
      return of[label].half.f1;
    };
    const Quality common = quality(chosen_);
    const double least = class_f1(chosen_) - kSameF1;
    std::vector<EventThresholds> tried{chosen_.thresholds};
    std::vector<Quality> qualities{common};
    const double share = chosen_.thresholds.end / chosen_.thresholds.begin;
    for (int step = 1; step < kSteps; ++step) {
      EventCalibration other = chosen_;
      tried.push_back({threshold_at(step), threshold_at(step) * share});
      other.classes[classes_[label]] = tried.back();
      qualities.push_back(class_f1(other) < least ? Quality{} : quality(other));
    }
    const std::size_t best = middle_of_best(qualities);
    if (edits_mended(common, qualities[best]) > kLeastEdits - 0.5)
      chosen_.classes[classes_[label]] = tried[best];
  }

  double edits_mended(const Quality& before, const Quality& after) const {
    return (after.accuracy - before.accuracy) * static_cast<double>(all_actions());
  }

  std::int64_t all_actions() const {
    std::int64_t sum = 0;
    for (const std::int64_t count : actions_) sum += count;
    return sum;
  }

  // How much too long the median of what is found lasts.
  double trail() const {
    const std::vector<StreamDetections> detected = detect(chosen_);
    std::vector<double> late;
    for (const DetectionMatch& match : match_detections(detected, kLooseOverlap)) {
      if (match.action < 0) continue;
      const StreamDetections& stream = detected[match.stream];
      late.push_back(stream.detected[match.detection].end -
                     stream.actions[static_cast<std::size_t>(match.action)].end);
    }
    if (late.empty()) return 0;
    const auto middle = late.begin() + static_cast<std::ptrdiff_t>(late.size() / 2);
    std::nth_element(late.begin(), middle, late.end());
    return std::max(0.0, *middle);
  }

  std::span<const ScoredStream> streams_;
  const std::vector<std::string>& classes_;
  std::vector<std::int64_t> actions_;  // by class
  EventCalibration chosen_;
};

}  // namespace

Calibration fit_events(std::span<const ScoredStream> streams, const std::vector<std::string>& classes) {
  Calibration calibration;
  const bool any = std::any_of(streams.begin(), streams.end(), [](const ScoredStream& stream) {
    return std::any_of(stream.actions.begin(), stream.actions.end(),
                       [](const TimedAction& action) { return action.label >= 0; });
  });
  if (!any) return calibration;
  calibration.temperature = fit_temperature(streams);
  if (!calibration.temperature) {
    calibration.events = EventFitting(streams, classes).run();
    return calibration;
  }
  std::vector<ScoredStream> tempered(streams.begin(), streams.end());
  for (ScoredStream& stream : tempered) set_temperature(stream, *calibration.temperature);
  calibration.events = EventFitting(tempered, classes).run();
  return calibration;
}

}  // namespace actionflow
