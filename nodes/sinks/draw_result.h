// A result drawn on a picture: the best class with its score, and a bar for each of the top classes.
#pragma once

#include <cstdint>

#include "nodes/results/result_sink.h"

namespace actionflow {

// The best classes of a window, or an action, as they are drawn.
struct DrawnResult {
  double start = 0;  // seconds
  double end = 0;
  std::vector<ScoredLabel> top;
  bool none = false;  // none of the classes: no bar stands out
  int best = 0;       // place of the best one in its class list, for its colour
};

// `bgr` is height × width × 3 bytes, drawn upon in place. Letters beyond ASCII become '?'.
void draw_result(const DrawnResult& result, int width, int height, std::uint8_t* bgr);

}  // namespace actionflow
