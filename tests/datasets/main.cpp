// The tests' own main(): FFmpeg and OpenCV are set up as in the program.
#include <gmock/gmock.h>

#include "datasets/pictures/opencv_threads.h"
#include "datasets/video/ffmpeg_log.h"

int main(int argc, char** argv) {
  actionflow::take_over_ffmpeg();
  actionflow::opencv_threads_off();
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
