// How well the actions detected in uncut streams agree with those that happened.
//
// Times are seconds since a stream's first frame. Only actions of a class are asked for; others of the truth
// are movements of none of the classes, on which nothing should be detected, and what is ambiguous.
// Everything here is a function of its arguments; fractions are from 0 to 1.
//
// A detection finds an action of its own label where intersection ÷ union reaches the overlap that is asked
// for. Each action is found once: detections choose by falling score, each the action that it overlaps most
// among those left.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/recordings/timed_action.h"

namespace actionflow {

struct DetectedAction {
  int label = 0;
  float score = 0;
  double start = 0, end = 0;
  // Time of the newest sample when the program first called it by this label, and when it said that it was
  // over.
  double named = 0, over = 0;
};

struct StreamDetections {
  std::string name;
  double seconds = 0;                    // the stream's length
  std::vector<TimedAction> actions;      // what happened
  std::vector<DetectedAction> detected;  // in any order
};

struct OverlapScore {
  double precision = 0;  // 0 where nothing was detected
  double recall = 0;     // 0 where nothing happened
  double f1 = 0;
};

// In seconds; nothing where no action was found.
struct DelayMeasures {
  std::optional<double> p50, p90;
};

struct EventClassMeasures {
  std::int64_t actions = 0, events = 0;
  OverlapScore loose, half;                 // at kLooseOverlap and kHalfOverlap
  std::optional<double> average_precision;  // mean over overlaps; nothing where the class does not occur
};

struct EventMeasures {
  std::int64_t streams = 0, actions = 0, events = 0;
  double seconds = 0;
  // 1 − edits ÷ actions over the labels of each stream in the order of their starts; below 0 where there are
  // more edits than actions. Nothing where no action happened.
  std::optional<double> levenshtein_accuracy;
  OverlapScore loose, half;
  std::optional<double> map;      // mean over the classes that occur and the overlaps 0.3, 0.4 … 0.7
  double false_events = 0;        // an hour; those that overlap no action of any class
  std::int64_t unknown = 0;       // movements of no class
  std::int64_t unknown_hit = 0;   // of these, those in which a detection starts that finds nothing
  DelayMeasures start, end;       // of what is found at kLooseOverlap: named − start, over − end
  std::optional<double> overlap;  // of what is found at kLooseOverlap, the median
  std::vector<EventClassMeasures> per_class;
};

inline constexpr double kLooseOverlap = 0.3, kHalfOverlap = 0.5;

EventMeasures measure_events(std::span<const StreamDetections> streams, int classes);

// Parts of it, for choices among many.
std::optional<double> levenshtein_accuracy(std::span<const StreamDetections> streams);
OverlapScore score_at_overlap(std::span<const StreamDetections> streams, double overlap);

// A detection and what it found, for those who show mistakes.
struct DetectionMatch {
  std::size_t stream = 0, detection = 0;
  int action = -1;  // index among the stream's actions; −1: none
  double overlap = 0;
};
// Every detection, by falling score.
std::vector<DetectionMatch> match_detections(std::span<const StreamDetections> streams, double overlap);

// A detection that finds nothing and lies for half of its time or more in ambiguous stretches counts neither
// way: it is left out. Whoever makes detections does so, before they are measured and shown.
void leave_out_ambiguous(StreamDetections& stream);

// Intersection ÷ union of [start, end] and [other_start, other_end].
double temporal_overlap(double start, double end, double other_start, double other_end);

}  // namespace actionflow
