#include "nodes/training/sample_targets.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

namespace {

constexpr std::int64_t kSequencesLookedAt = 200;

// Samples from the first at or after `from` to the last before `to`.
struct Samples {
  std::int64_t from = 0, to = 0;

  static Samples between(double from, double to, double interval) {
    // A sample that stands at the moment but for rounding does so.
    constexpr double kSlack = 1e-6;
    return {static_cast<std::int64_t>(std::ceil(from / interval - kSlack)),
            static_cast<std::int64_t>(std::ceil(to / interval - kSlack))};
  }
  std::int64_t count() const { return std::max<std::int64_t>(0, to - from); }
  Samples inside(std::int64_t samples) const {
    return {std::clamp<std::int64_t>(from, 0, samples), std::clamp<std::int64_t>(to, 0, samples)};
  }
};

double told_from(const TimedAction& action, const TargetOptions& options) {
  return action.end - options.label_share * (action.end - action.start);
}

void leave_open(const TimedAction& action, double interval, std::vector<SampleTarget>& targets) {
  const auto samples = static_cast<std::int64_t>(targets.size());
  const Samples under_way = Samples::between(action.start, action.end, interval).inside(samples);
  for (std::int64_t k = under_way.from; k < under_way.to; ++k) targets[static_cast<std::size_t>(k)] = {};
}

void tell(const TimedAction& action, double interval, const TargetOptions& options,
          std::vector<SampleTarget>& targets) {
  const Samples told = Samples::between(told_from(action, options), action.end + options.linger, interval);
  if (told.count() == 0) return;
  const auto weight = static_cast<float>(options.action_mass / static_cast<double>(told.count()));
  const Samples seen = told.inside(static_cast<std::int64_t>(targets.size()));
  for (std::int64_t k = seen.from; k < seen.to; ++k) {
    const double elapsed = static_cast<double>(k) * interval - action.start;
    targets[static_cast<std::size_t>(k)] = {action.label, weight, 1, weight, static_cast<float>(elapsed),
                                            weight};
  }
}

// Where an action would be told: a movement that is none may look like the beginning of one before.
void tell_none(const TimedAction& movement, double interval, const TargetOptions& options,
               std::vector<SampleTarget>& targets) {
  const Samples told =
      Samples::between(told_from(movement, options), movement.end + options.linger, interval);
  if (told.count() == 0) return;
  const auto weight =
      static_cast<float>(options.action_mass * options.unsure / static_cast<double>(told.count()));
  const Samples seen = told.inside(static_cast<std::int64_t>(targets.size()));
  for (std::int64_t k = seen.from; k < seen.to; ++k) {
    SampleTarget& target = targets[static_cast<std::size_t>(k)];
    if (target.action > 0 || target.action_weight <= 0) continue;
    target.label = kSureOfNone;
    target.label_weight = weight;
  }
}

}  // namespace

std::vector<SampleTarget> sample_targets(std::span<const TimedAction> actions, std::int64_t samples,
                                         double interval, const TargetOptions& options, double none_weight) {
  SampleTarget none;
  none.action_weight = static_cast<float>(none_weight);
  std::vector<SampleTarget> targets(static_cast<std::size_t>(samples), none);
  std::vector<TimedAction> sorted;
  for (const TimedAction& action : actions)
    if (action.label >= 0) sorted.push_back(action);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const TimedAction& one, const TimedAction& other) { return one.start < other.start; });
  for (const TimedAction& action : sorted) leave_open(action, interval, targets);
  for (const TimedAction& action : actions)
    if (action.label == kAmbiguous) leave_open(action, interval, targets);
  for (const TimedAction& action : sorted) tell(action, interval, options, targets);
  for (const TimedAction& action : actions)
    if (action.label == kMovementOfNone) tell_none(action, interval, options, targets);
  return targets;
}

double none_weight(const SequencePlanner& planner, std::uint64_t seed) {
  const TargetOptions& options = planner.options().targets;
  const InputSpec& input = planner.input();
  double told = 0, none = 0;
  const std::int64_t sequences = std::min(planner.sequences(), kSequencesLookedAt);
  for (std::int64_t sample = 0; sample < sequences; ++sample) {
    const StreamPlan plan = planner.plan(seed, 0, sample);
    for (const SampleTarget& target : sample_targets(plan.actions, input.frames, input.interval(), options)) {
      (target.action > 0 ? told : none) += target.action_weight;
    }
  }
  return none > 0 ? std::min(1.0, options.none_mass * told / none) : 1;
}

}  // namespace actionflow
