#include "datasets/video/opening/camera_drivers.h"

#include <gtest/gtest.h>

#include "datasets/video/ffmpeg.h"

namespace actionflow {
namespace {

TEST(CameraDrivers, AreKnownOnceTheirLibraryIsOpened) {
  register_camera_drivers();
  register_camera_drivers();
  EXPECT_NE(av_find_input_format("v4l2"), nullptr);
}

}  // namespace
}  // namespace actionflow
