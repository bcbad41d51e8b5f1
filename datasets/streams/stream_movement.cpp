#include "datasets/streams/stream_movement.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

namespace {

// Of pieces of a clip, as shares of it.
constexpr double kShortestStop = 0.3, kLongestStop = 0.6, kShortestStretch = 0.2, kLongestStretch = 0.45;
// Of idle time: how often a picture is held; else how far and how fast it goes to and fro.
constexpr double kHeld = 0.4, kLeastReach = 0.1, kMostReach = 0.5, kLeastPace = 0.3, kMostReachShare = 0.25;

struct Extent {
  double begin = 0, end = 0;
};

Extent stopped_or_stretch(double seconds, Random& random) {
  if (random.chance(0.5)) return {0, seconds * random.uniform(kShortestStop, kLongestStop)};
  const double length = seconds * random.uniform(kShortestStretch, kLongestStretch);
  const double begin = random.uniform(0, seconds - length);
  return {begin, begin + length};
}

std::vector<int> labels_of(const std::vector<TimedAction>& actions) {
  std::vector<int> labels;
  for (const TimedAction& action : actions)
    if (action.label >= 0) labels.push_back(action.label);
  return labels;
}

// What of the actions lies inside.
std::vector<TimedAction> clipped(std::vector<TimedAction> actions, const Extent& extent) {
  for (TimedAction& action : actions) {
    action.start = std::max(action.start, extent.begin);
    action.end = std::min(action.end, extent.end);
  }
  std::erase_if(actions, [](const TimedAction& action) { return action.start >= action.end; });
  return actions;
}

StreamPiece idle_piece(const StreamMovement& movement, std::size_t take, Random& random) {
  StreamPiece piece;
  piece.take = take;
  piece.speed = 0;
  const bool held = random.chance(kHeld);
  const double reach = random.uniform(kLeastReach, kMostReach), pace = random.uniform(kLeastPace, 1);
  if (held) return piece;
  piece.reach = std::min(reach, kMostReachShare * std::abs(movement.to - movement.from));
  piece.speed = pace * movement.speed;
  return piece;
}

}  // namespace

std::vector<TimedAction> StreamMovement::actions_at(double start) const {
  std::vector<TimedAction> placed = actions;
  for (TimedAction& action : placed) {
    const double one = start + (action.start - from) / speed, other = start + (action.end - from) / speed;
    action.start = std::min(one, other);
    action.end = std::max(one, other);
  }
  return placed;
}

StreamMovement draw_movement(const VideoEntry& entry, int number, double seconds,
                             const StreamOptions& options, const Augmenter& augmenter, const DrawKey& key,
                             double least_seconds) {
  Random random(key.seed, "stream movement", key.epoch, key.index);
  StreamMovement movement;
  movement.actions = actions_of(entry, seconds);
  const ClipDraw drawn = augmenter.draw(labels_of(movement.actions), seconds, key.seed, key.epoch, key.index);
  for (TimedAction& action : movement.actions) action.label = augmenter.label_after(drawn, action.label);
  movement.take = {number, drawn.change};

  const bool is_clip = !entry.timed;
  Extent extent{0, seconds};
  if (is_clip && !entry.labels.empty() && random.chance(options.pieces)) {
    extent = stopped_or_stretch(seconds, random);
    movement.actions = {{-1, 0, seconds}};
  } else if (is_clip && options.trim > 0) {
    extent.begin = seconds * random.uniform(0, options.trim);
    extent.end = seconds * (1 - random.uniform(0, options.trim));
  }
  movement.actions = clipped(std::move(movement.actions), extent);
  movement.from = drawn.reversed ? extent.end : extent.begin;
  movement.to = drawn.reversed ? extent.begin : extent.end;
  const double speed = random.uniform(options.slowest, options.fastest);
  const double most = (extent.end - extent.begin) / least_seconds;
  movement.speed = std::copysign(std::min(speed, most), movement.to - movement.from);
  return movement;
}

StreamPiece idle_after(const StreamMovement& movement, std::size_t take, double start, Random& random) {
  StreamPiece piece = idle_piece(movement, take, random);
  piece.start = piece.zero = start;
  piece.from = movement.to;
  piece.speed = -piece.speed;
  return piece;
}

StreamPiece idle_before(const StreamMovement& movement, std::size_t take, double start, double seconds,
                        Random& random) {
  StreamPiece piece = idle_piece(movement, take, random);
  piece.start = start;
  piece.zero = start + seconds;
  piece.from = movement.from;
  return piece;
}

}  // namespace actionflow
