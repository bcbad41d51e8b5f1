// A row of what was found in a stream, for files that people open: an action, or a window where a network
// names windows only.
#pragma once

#include <string>

namespace actionflow {

struct FoundAction {
  double start = 0, end = 0;  // seconds since the stream's first frame
  std::string label;
  float score = 0;  // a probability
};

}  // namespace actionflow
