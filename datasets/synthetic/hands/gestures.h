// What a finger draws in the air: ten gestures, and movements that are none of them.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace actionflow {

// In the order of their labels; the last is of no class.
inline constexpr std::array<std::string_view, 11> kGestures{
    "up", "down", "left", "right", "star", "del", "square", "carret", "tick", "circlecc", "other"};
inline constexpr std::size_t kGestureClasses = 10;

// From one turning point to the next, both included. Right and down, each from -1 to 1.
using Stroke = std::vector<cv::Point2d>;

struct Drawing {
  std::vector<Stroke> strokes;  // each begins where the last one ended; none: the hand draws nothing
  double seconds = 1;
};

// One person's way of drawing it; `gesture` is of kGestures.
Drawing draw_gesture(std::size_t gesture, Random& random);

}  // namespace actionflow
