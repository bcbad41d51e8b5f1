// Keys `data.streams.*` of a recipe: how streams to train on are made, and what their samples should say.
#pragma once

#include <array>
#include <cstdint>

#include "base/config/config.h"

namespace actionflow {

// Which samples tell that an action is under way, and how much they count (nodes/training/sample_targets.h).
struct TargetOptions {
  double label_share = 0.35;  // of an action, at its end: the samples that tell it
  double linger = 0.3;        // seconds past an action's end for which it still is to be told
  double action_mass = 10;    // sum of the weights of one action's samples, whatever its length
  double unsure = 0;          // weight of a movement of no class, for 1 of an action, to be sure of no class
  double none_mass = 1;       // of all samples without an action to that of all with one, in the long run
  static void describe(config::Fields<TargetOptions>& fields);
};

struct StreamOptions {
  std::int64_t sequences = 0;  // an epoch; 0: as many as hold all videos of the classes once
  double idle = 0.6;           // probability that nothing happens for a while between two movements
  std::array<double, 2> idle_seconds{0.2, 2};
  double other = 0.25;  // probability that a movement is one of data.other, where there are some
  double pieces = 0.1;  // probability that a clip of a class is cut to a piece that is of none
  double fades = 0.15;  // probability that a cut is a cross-fade
  std::array<double, 2> fade_seconds{0.1, 0.5};
  double trim = 0;  // up to this share of a clip is cut off at either end
  double slowest = 1, fastest = 1;
  TargetOptions targets;
  static void describe(config::Fields<StreamOptions>& fields);
  void check(const config::Value& value, config::Diagnostics& diagnostics) const;
};

}  // namespace actionflow
