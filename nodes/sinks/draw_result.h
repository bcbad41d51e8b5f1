// A result drawn on a picture: the best class with its score, and a bar for each of the top classes.
#pragma once

#include <cstdint>

#include "base/tensor/input_spec.h"
#include "nodes/results/result_sink.h"
#include "nodes/sinks/overlay_look.h"

namespace actionflow {

// The best classes of a window, or an action, as they are drawn.
struct DrawnResult {
  double start = 0;  // seconds
  double end = 0;
  std::vector<ScoredLabel> top;
  bool none = false;  // none of the classes: no bar stands out
  int best = 0;       // place of the best one in its class list, for its colour
};

// Height × width × 3 bytes that are drawn upon in place; rgb or bgr.
struct DrawnPicture {
  int width = 0, height = 0;
  ColorOrder order = ColorOrder::bgr;
  std::uint8_t* pixels = nullptr;
};

// Letters beyond ASCII become '?'.
void draw_result(const DrawnResult& result, const OverlayLook& look, const DrawnPicture& picture);

}  // namespace actionflow
