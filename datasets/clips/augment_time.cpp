#include "datasets/clips/augment_time.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace actionflow {

namespace {

// The moment at a place between two samples.
double moment_at(const std::vector<double>& times, double place) {
  const double last = static_cast<double>(times.size()) - 1;
  const double inside = std::clamp(place, 0.0, last);
  const auto whole = static_cast<std::size_t>(inside);
  if (static_cast<double>(whole) == inside) return times[whole];
  const double rest = inside - static_cast<double>(whole);
  return times[whole] + rest * (times[whole + 1] - times[whole]);
}

// The moment at a place that may lie before the first sample, one sample back being `clip.before`.
double before_first(const ClipTimes& clip, double place) {
  if (place >= 0) return moment_at(clip.times, place);
  const double moment = clip.times.front() + place * (clip.times.front() - clip.before);
  return moment >= 0 ? moment : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

IdleEnds draw_idle_ends(double most, Random& random) {
  IdleEnds idle;
  idle.head = random.chance(0.5) ? random.uniform(0, most) : 0;
  idle.tail = random.chance(0.5) ? random.uniform(0, most) : 0;
  return idle;
}

ClipTimes with_idle_ends(const ClipTimes& clip, const IdleEnds& idle, bool cut) {
  const auto samples = static_cast<double>(clip.times.size());
  const double head = std::floor(idle.head * samples), tail = std::floor(idle.tail * samples);
  if (samples < 2 || head + tail < 1) return clip;
  const double last = samples - 1;
  // Places of the first and the last sample that move, in the clip as it was.
  const double from = cut ? tail : 0, to = cut ? last - head : last;
  const double moving = std::max(1.0, last - head - tail);
  const double step = (to - from) / moving;
  ClipTimes result = clip;
  for (std::size_t i = 0; i < clip.times.size(); ++i) {
    const double done = std::clamp(static_cast<double>(i) - head, 0.0, moving);
    result.times[i] = moment_at(clip.times, from + done * step);
  }
  result.before = before_first(clip, from - (head < 1 ? step : 0));
  return result;
}

ClipTimes with_held_pictures(const ClipTimes& clip, double samples, double phase) {
  if (samples <= 1) return clip;
  ClipTimes result = clip;
  const double shift = (1 - phase) * samples;
  for (std::size_t i = 0; i < clip.times.size(); ++i) {
    const double begun = std::floor((static_cast<double>(i) + shift) / samples) * samples - shift;
    const double first = std::max(0.0, std::ceil(begun));
    result.times[i] = clip.times[static_cast<std::size_t>(first)];
  }
  return result;
}

ClipTimes reversed(const ClipTimes& clip, double duration) {
  ClipTimes result = clip;
  std::reverse(result.times.begin(), result.times.end());
  result.before = std::numeric_limits<double>::quiet_NaN();
  if (clip.times.size() < 2) return result;
  const double step = clip.times.back() - clip.times[clip.times.size() - 2];
  const double after = clip.times.back() + step;
  if (step > 0 && after < duration) result.before = after;
  return result;
}

}  // namespace actionflow
