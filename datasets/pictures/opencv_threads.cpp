#include "datasets/pictures/opencv_threads.h"

#include <opencv2/core.hpp>

namespace actionflow {

void opencv_threads_off() {
  static const bool off = (cv::setNumThreads(0), true);
  static_cast<void>(off);
}

}  // namespace actionflow
