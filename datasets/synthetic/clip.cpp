#include "datasets/synthetic/clip.h"

#include <algorithm>
#include <cmath>

#include "datasets/synthetic/actions.h"
#include "datasets/synthetic/person_stage.h"

namespace actionflow {

namespace {

std::vector<std::uint8_t> bytes_of(const cv::Mat& image) {
  return {image.data, image.data + image.total() * image.elemSize()};
}

}  // namespace

struct DrawnClip::State {
  ClipPlan plan;
  PersonSetting setting;
  PersonStage stage;
  double lead, movement, tail, sway_rate, sway_phase;

  explicit State(const ClipPlan& p)
      : plan(p),
        setting(p),
        stage(setting, kActions[p.action].pair, Random(p.seed, "choreography", 0, p.clip),
              Random(p.seed, "prop", 0, p.clip)) {
    Random timing(p.seed, "timing", 0, p.clip);
    // Alike before and after, so that neither the middle nor the pauses tell which way a clip runs.
    lead = timing.uniform(0.15, 0.5);
    tail = timing.uniform(0.15, 0.5);
    movement = stage.choreography().seconds / (setting.figure.tempo * timing.uniform(0.85, 1.2));
    sway_rate = timing.uniform(1.5, 3);
    sway_phase = timing.uniform(0, 6.28);
  }

  double seconds() const { return lead + movement + tail; }
  int frames() const { return 2 * static_cast<int>(seconds() * kPersonFrameRate / 2) + 1; }
  bool reversed() const { return kActions[plan.action].reversed; }
  // The picture of the forward film that is shown here.
  int filmed(int index) const { return reversed() ? frames() - 1 - index : index; }
};

DrawnClip::DrawnClip(const ClipPlan& plan) : state_(std::make_unique<State>(plan)) {}

DrawnClip::~DrawnClip() = default;

int DrawnClip::frames() const { return state_->frames(); }

double DrawnClip::frame_rate() const { return kPersonFrameRate; }

int DrawnClip::quality() const { return kPersonQuality; }

const char* DrawnClip::preset() const { return "veryfast"; }

std::vector<FilmAction> DrawnClip::actions() const {
  const State& s = *state_;
  const double last = (s.frames() - 1) / kPersonFrameRate;
  const double start = s.reversed() ? std::max(0.0, last - s.lead - s.movement) : s.lead;
  return {{s.plan.action, start, start + s.movement}};
}

std::vector<std::uint8_t> DrawnClip::frame(int index) const {
  const State& s = *state_;
  const int filmed = s.filmed(index);
  const double time = filmed / kPersonFrameRate;
  const double phase = std::clamp((time - s.lead) / s.movement, 0.0, 1.0);
  const Lens& lens = s.setting.lens;
  cv::Mat image =
      s.stage.draw(phase, 6.2832 / s.sway_rate * time + s.sway_phase, lens.aim(time / s.seconds(), time));
  lens.expose(image);
  lens.add_noise(image, Random(s.plan.seed, "noise", static_cast<std::uint32_t>(filmed), s.plan.clip));
  return bytes_of(image);
}

std::vector<std::uint8_t> DrawnClip::moment(double phase) const {
  const double forwards = state_->reversed() ? 1 - phase : phase;
  cv::Mat image = state_->stage.draw(forwards, 0, {});
  state_->setting.lens.expose(image);
  return bytes_of(image);
}

}  // namespace actionflow
