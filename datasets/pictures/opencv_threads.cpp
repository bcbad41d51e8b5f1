#include "datasets/pictures/opencv_threads.h"

#include <opencv2/core.hpp>

namespace actionflow {

void opencv_threads_off() { cv::setNumThreads(0); }

}  // namespace actionflow
