// Writes the demo's sample video: make_sample OUT.mp4 [thumbs_up|swipe_left|stop] [SEED]
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "base/error.h"
#include "datasets/sample_video.h"

int main(int argc, char** argv) {
  using namespace actionflow;
  const std::map<std::string, SampleGesture> gestures{{"thumbs_up", SampleGesture::thumbs_up},
                                                      {"swipe_left", SampleGesture::swipe_left},
                                                      {"stop", SampleGesture::stop}};
  const std::string gesture = argc > 2 ? argv[2] : "thumbs_up";
  if (argc < 2 || argc > 4 || !gestures.contains(gesture)) {
    std::cerr << "usage: make_sample OUT.mp4 [thumbs_up|swipe_left|stop] [SEED]\n";
    return static_cast<int>(ExitCode::usage);
  }
  try {
    SampleVideoOptions options;
    options.gesture = gestures.at(gesture);
    if (argc > 3) options.seed = std::strtoull(argv[3], nullptr, 10);
    write_sample_video(argv[1], options);
    return static_cast<int>(ExitCode::done);
  } catch (...) {
    const Failure failure = Failure::from_current_exception();
    std::cerr << "error: " << failure.message << "\n";
    return static_cast<int>(failure.code);
  }
}
