// Writes the demo's sample video: make_sample OUT.mp4 [GESTURE or MOVEMENT] [SEED]
//
// A gesture is made for the camera, a movement is one of a synthetic dataset's.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "base/error.h"
#include "datasets/pictures/opencv_threads.h"
#include "datasets/synthetic/clip_video.h"
#include "datasets/synthetic/sample_video.h"
#include "datasets/video/ffmpeg_log.h"

namespace {

using namespace actionflow;

const std::map<std::string, SampleGesture> kGestures{{"thumbs_up", SampleGesture::thumbs_up},
                                                     {"swipe_left", SampleGesture::swipe_left},
                                                     {"stop", SampleGesture::stop}};

const Scene* scene_of(std::string_view movement) {
  const auto shows = [&](const Scene& scene) { return sample_clip(scene, movement, 1, 1, 1).has_value(); };
  const auto found = std::ranges::find_if(scenes(), shows);
  return found == scenes().end() ? nullptr : &*found;
}

int usage() {
  std::cerr << "usage: make_sample OUT.mp4 [GESTURE or MOVEMENT] [SEED]\ngestures:";
  for (const auto& [name, gesture] : kGestures) std::cerr << ' ' << name;
  for (const Scene& scene : scenes()) {
    std::cerr << '\n' << scene.name << ':';
    for (const std::string_view movement : scene.movements) std::cerr << ' ' << movement;
  }
  std::cerr << '\n';
  return static_cast<int>(ExitCode::usage);
}

void write(const std::string& path, const std::string& what, SampleVideoOptions options) {
  if (const auto gesture = kGestures.find(what); gesture != kGestures.end()) {
    options.gesture = gesture->second;
    return write_sample_video(path, options);
  }
  const StopFlag never{false};
  const Scene& scene = *scene_of(what);
  write_clip(path, scene, sample_clip(scene, what, options.seed, options.width, options.height).value(),
             never);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[2] : "thumbs_up";
  if (argc < 2 || argc > 4) return usage();
  if (!kGestures.contains(what) && !scene_of(what)) return usage();
  take_over_ffmpeg();
  opencv_threads_off();
  try {
    SampleVideoOptions options;
    if (argc > 3) options.seed = std::strtoull(argv[3], nullptr, 10);
    write(argv[1], what, options);
    return static_cast<int>(ExitCode::done);
  } catch (...) {
    const Failure failure = Failure::from_current_exception();
    std::cerr << "error: " << failure.message << "\n";
    return static_cast<int>(failure.code);
  }
}
