#include "datasets/pictures/optical_flow.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <opencv2/core/version.hpp>
#include <opencv2/video/tracking.hpp>

#include "base/error.h"

namespace actionflow {
namespace {

using Farneback = decltype(cv::calcOpticalFlowFarneback);

// cv::calcOpticalFlowFarneback(InputArray, InputArray, InputOutputArray, double, int, int, int, int, double,
// int)
constexpr const char* kSymbol =
    "_ZN2cv24calcOpticalFlowFarnebackERKNS_11_InputArrayES2_RKNS_17_InputOutputArrayEdiiiidi";

Farneback* open_farneback() {
  const std::string library = fmt::format("libopencv_video.so.{}{:02}", CV_VERSION_MAJOR, CV_VERSION_MINOR);
  void* opened = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* found = opened ? dlsym(opened, kSymbol) : nullptr;
  if (!found)
    throw Error(ExitCode::failure, fmt::format("optical flow needs OpenCV's video module: {}", dlerror()));
  return reinterpret_cast<Farneback*>(found);
}

}  // namespace

cv::Mat_<cv::Vec2f> optical_flow(const cv::Mat& before, const cv::Mat& now) {
  static Farneback* const farneback = open_farneback();
  cv::Mat_<cv::Vec2f> flow;
  farneback(before, now, flow, 0.5, 3, 15, 3, 5, 1.2, 0);
  return flow;
}

}  // namespace actionflow
