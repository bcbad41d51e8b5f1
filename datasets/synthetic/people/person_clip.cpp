#include "datasets/synthetic/people/person_clip.h"

#include <algorithm>
#include <cmath>

#include "datasets/synthetic/people/actions.h"
#include "datasets/synthetic/people/person_stage.h"

namespace actionflow {

namespace {

class PersonClip final : public Film {
 public:
  explicit PersonClip(const ClipPlan& plan)
      : plan_(plan),
        setting_(plan),
        stage_(setting_, kActions[plan.action].pair, Random(plan.seed, "choreography", 0, plan.clip),
               Random(plan.seed, "prop", 0, plan.clip)) {
    Random timing(plan.seed, "timing", 0, plan.clip);
    // Alike before and after, so that neither the middle nor the pauses tell which way a clip runs.
    lead_ = timing.uniform(0.15, 0.5);
    tail_ = timing.uniform(0.15, 0.5);
    movement_ = stage_.choreography().seconds / (setting_.figure.tempo * timing.uniform(0.85, 1.2));
    sway_rate_ = timing.uniform(1.5, 3);
    sway_phase_ = timing.uniform(0, 6.28);
  }

  int frames() const override { return 2 * static_cast<int>(seconds() * kPersonFrameRate / 2) + 1; }
  double frame_rate() const override { return kPersonFrameRate; }
  int quality() const override { return kPersonQuality; }
  const char* preset() const override { return kPersonPreset; }

  std::vector<FilmAction> actions() const override {
    const double last = (frames() - 1) / kPersonFrameRate;
    const double start = reversed() ? std::max(0.0, last - lead_ - movement_) : lead_;
    return {{plan_.action, start, start + movement_}};
  }

  std::vector<std::uint8_t> frame(int index) const override {
    const int filmed = reversed() ? frames() - 1 - index : index;  // in the film run forwards
    const double time = filmed / kPersonFrameRate;
    const double phase = std::clamp((time - lead_) / movement_, 0.0, 1.0);
    const Lens& lens = setting_.lens;
    cv::Mat image =
        stage_.draw(phase, 6.2832 / sway_rate_ * time + sway_phase_, lens.aim(time / seconds(), time));
    lens.expose(image);
    lens.add_noise(image, Random(plan_.seed, "noise", static_cast<std::uint32_t>(filmed), plan_.clip));
    return {image.data, image.data + image.total() * image.elemSize()};
  }

 private:
  double seconds() const { return lead_ + movement_ + tail_; }
  bool reversed() const { return kActions[plan_.action].reversed; }

  const ClipPlan plan_;
  const PersonSetting setting_;
  const PersonStage stage_;
  double lead_, movement_, tail_, sway_rate_, sway_phase_;
};

}  // namespace

std::unique_ptr<Film> person_clip(const ClipPlan& plan) { return std::make_unique<PersonClip>(plan); }

}  // namespace actionflow
