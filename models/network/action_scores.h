// What a network for streams says of one sample.
//
// Such a network ends in the layer `action_scores` (models/description/layers/action_scores.cpp): a value a
// class, "which", then "whether" an action is under way, then the seconds since it began.
#pragma once

#include <vector>

#include "models/description/layers/action_outputs.h"

namespace actionflow {

struct ActionScores {
  std::vector<float> which;  // probability of each class, if there is an action; sums to 1
  float action = 0;          // probability that there is one
  float elapsed = 0;         // seconds since it began, at least 0; means nothing where there is none
};

}  // namespace actionflow
