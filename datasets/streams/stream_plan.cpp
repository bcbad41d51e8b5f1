#include "datasets/streams/stream_plan.h"

#include <cmath>

namespace actionflow {

double StreamPiece::moment(double time) const {
  const double way = speed * (time - zero);
  if (reach <= 0) return from + way;
  // A triangle wave that leaves `from` in the direction of `speed`.
  const double phase = std::fmod(std::abs(way), 2 * reach);
  return from + std::copysign(phase <= reach ? phase : 2 * reach - phase, speed);
}

std::vector<TimedAction> actions_of(const VideoEntry& entry, double seconds) {
  if (entry.timed) return entry.actions;
  if (entry.labels.empty()) return {{-1, 0, seconds}};
  std::vector<TimedAction> actions;
  for (const int label : entry.labels) actions.push_back({label, 0, seconds});
  return actions;
}

ClipTimes stream_moments(const StreamPlan& plan, double rate, std::int64_t samples) {
  ClipTimes moments;
  moments.times.reserve(static_cast<std::size_t>(samples));
  for (std::int64_t k = 0; k < samples; ++k) moments.times.push_back(static_cast<double>(k) / rate);
  moments.before = plan.begins ? kUnknownLastFrame : -1 / rate;
  return moments;
}

}  // namespace actionflow
