// A stretch of a stream in a network's input form, and what happens in it.
#pragma once

#include <string>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "datasets/recordings/timed_action.h"

namespace actionflow {

struct StreamSequence {
  std::string name;
  std::vector<PreparedFramePtr> samples;  // sample k at k·interval
  // By their starts, in seconds since the first sample; those that reach beyond the sequence keep their
  // times. Movements of no class are among them.
  std::vector<TimedAction> actions;
  double interval = 0;  // seconds
};

}  // namespace actionflow
