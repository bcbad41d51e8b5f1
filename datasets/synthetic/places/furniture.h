// Things that stand in drawn rooms. Units are the canvas'.
#pragma once

#include <cstdint>
#include <functional>

#include "datasets/synthetic/drawing/canvas.h"

namespace actionflow {

// A window with hills behind it.
void draw_window(Canvas& canvas, cv::Point2d corner, cv::Size2d size, const cv::Scalar& frame);

// Two boards of books. `number(n)` gives the n-th number in [0, 1) that their looks depend on.
void draw_bookshelf(Canvas& canvas, cv::Point2d corner, double width, const cv::Scalar& board,
                    const std::function<double(std::uint64_t)>& number);

}  // namespace actionflow
