// Dense optical flow between two grey pictures: OpenCV's Farnebäck.
//
// Its library, opencv_video, needs those of OpenCV's neural networks, a tenth of the time that the program
// takes to takes to start, so it is opened at the first call.
#pragma once

#include <opencv2/core.hpp>

namespace actionflow {

// Pixels that each pixel has moved, (x, y). Both pictures 8 bits, one channel, of one size. From any thread.
// Throws Error (exit code 5) where the library is missing.
cv::Mat_<cv::Vec2f> optical_flow(const cv::Mat& before, const cv::Mat& now);

}  // namespace actionflow
