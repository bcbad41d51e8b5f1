#include "nodes/flow/still_scene.h"

namespace actionflow {

namespace {

// Times are sums of intervals: what differs by less is equal.
constexpr double kEqualTimes = 1e-6;

}  // namespace

void StillOptions::describe(config::Fields<StillOptions>& fields) {
  fields.add("skip", &StillOptions::skip, "do not ask networks about windows in which nothing moves");
  fields.add("after", &StillOptions::after, "seconds without movement after which the scene is still")
      .at_least(0);
  fields.add("look", &StillOptions::look, "seconds after which one window of a still scene is looked at")
      .at_least(0);
  fields.add("area", &StillOptions::area, "share of the picture that has to move").range(0, 1);
  fields
      .add("threshold", &StillOptions::threshold,
           "levels of 255 by which a pixel has to differ from what was there, beside the noise")
      .range(0, 255);
}

StillScene::StillScene(const StillOptions& options, const InputSpec& form, int frames)
    : options_(options), frames_(frames), background_(form, options.threshold) {}

void StillScene::take(std::int64_t segment, double time, const PreparedFrame* sample) {
  if (segment != segment_) {
    segment_ = segment;
    background_.reset();
    moved_ = time;
    still_samples_ = 0;
  }
  time_ = time;
  const double share = sample ? background_.moving_share(*sample) : 1;
  const bool was_still = still_samples_ > 0;
  if (share > (was_still ? options_.area : options_.area / 2)) moved_ = time;
  still_samples_ = time - moved_ > options_.after + kEqualTimes ? still_samples_ + 1 : 0;
}

bool StillScene::passes_over_window() {
  if (still_samples_ >= frames_ && time_ - looked_ < options_.look - kEqualTimes) return true;
  looked_ = time_;
  return false;
}

}  // namespace actionflow
