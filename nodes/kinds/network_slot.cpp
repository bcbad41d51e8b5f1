#include "nodes/kinds/network_slot.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace actionflow {

namespace {

bool same_parts(const Network& a, const Network& b) {
  return std::equal(
      a.parts().begin(), a.parts().end(), b.parts().begin(), b.parts().end(),
      [](const PartInfo& x, const PartInfo& y) { return x.name == y.name && x.inputs == y.inputs; });
}

// Along a stream the length of training sequences means nothing.
bool takes_same_clips(const Network& a, const Network& b) {
  return a.input().same_frames(b.input()) &&
         (a.architecture().streams || a.input().frames == b.input().frames);
}

void check_fits(const Network& present, const Network& other) {
  if (other.architecture().streams != present.architecture().streams)
    throw ModelError("'" + other.architecture().name + "' and '" + present.architecture().name +
                     "' are not both for streams, expected a network of the same kind");
  if (!takes_same_clips(present, other))
    throw ModelError("'" + other.architecture().name + "' takes other clips than '" +
                     present.architecture().name + "', expected the same input form");
  if (!same_parts(present, other))
    throw ModelError("'" + other.architecture().name + "' has other parts than '" +
                     present.architecture().name + "', expected a network of the same kind");
}

}  // namespace

ClassScores LoadedNetwork::calibrated(std::vector<float> probabilities,
                                      std::optional<Activity> activity) const {
  ClassScores scores{std::move(probabilities), classes_, activity};
  if (calibration_ && calibration_->temperature)
    scores.values = at_temperature(scores.values, *calibration_->temperature);
  scores.none = is_none(scores);
  scores.events = event_calibration_;
  return scores;
}

bool LoadedNetwork::is_none(const ClassScores& scores) const {
  const auto best = std::max_element(scores.values.begin(), scores.values.end());
  if (!scores.activity) return calibration_ && *best < calibration_->none_below.value_or(0);
  const auto label = static_cast<std::size_t>(best - scores.values.begin());
  return scores.activity->action < events_.begin_of((*classes_)[label]);
}

std::unique_ptr<Workspace> LoadedNetwork::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto workspace = std::move(idle_.back());
      idle_.pop_back();
      return workspace;
    }
  }
  return std::make_unique<Workspace>(*network_);
}

void LoadedNetwork::give(std::unique_ptr<Workspace> workspace) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

std::shared_ptr<LoadedNetwork> NetworkSlot::take() const {
  const std::lock_guard lock(mutex_);
  return loaded_;
}

void NetworkSlot::exchange(std::shared_ptr<LoadedNetwork> other) {
  check_fits(take()->network(), other->network());
  const std::lock_guard lock(mutex_);
  loaded_.swap(other);
}

}  // namespace actionflow
