#include "datasets/synthetic/clip.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/synthetic/actions.h"
#include "datasets/synthetic/background.h"
#include "datasets/synthetic/figure.h"
#include "datasets/synthetic/lens.h"
#include "datasets/synthetic/props.h"

namespace actionflow {

namespace {

constexpr double kFrameRate = 25;
constexpr int kQuality = 25;
constexpr double kMargin = 0.12;  // of background on each side, for the camera's movements

int with_margin(int size) { return size + 2 * static_cast<int>(size * kMargin); }

Random background_numbers(const ClipPlan& plan) {
  return Random(plan.seed, "background", 0, plan.background);
}

std::vector<std::uint8_t> bytes_of(const cv::Mat& image) {
  return {image.data, image.data + image.total() * image.elemSize()};
}

}  // namespace

struct DrawnClip::State {
  ClipPlan plan;
  Figure figure;
  Choreography choreography;
  PropLook prop;
  Lens lens;
  cv::Mat background;
  double lead, movement, tail, sway_rate, sway_phase;

  explicit State(const ClipPlan& p)
      : plan(p),
        figure(Random(p.seed, "figure", 0, p.figure)),
        choreography(choreograph(kActions[p.action].pair, Random(p.seed, "choreography", 0, p.clip),
                                 is_outdoors(background_numbers(p)))),
        prop(choreography.prop, Random(p.seed, "prop", 0, p.clip)),
        lens(Random(p.seed, "lens", 0, p.clip), p.width, p.height),
        background(draw_background(background_numbers(p), with_margin(p.width), with_margin(p.height))) {
    Random timing(p.seed, "timing", 0, p.clip);
    // Alike before and after, so that neither the middle nor the pauses tell which way a clip runs.
    lead = timing.uniform(0.15, 0.5);
    tail = timing.uniform(0.15, 0.5);
    movement = choreography.seconds / (figure.tempo * timing.uniform(0.85, 1.2));
    sway_rate = timing.uniform(1.5, 3);
    sway_phase = timing.uniform(0, 6.28);
  }

  double seconds() const { return lead + movement + tail; }
  int frames() const { return 2 * static_cast<int>(seconds() * kFrameRate / 2) + 1; }
  // The picture of the forward film that is shown here.
  int filmed(int index) const { return kActions[plan.action].reversed ? frames() - 1 - index : index; }

  cv::Mat draw(double phase, double sway, const Lens::Aim& aim) const {
    Canvas canvas(plan.width, plan.height);
    const cv::Point2d middle(plan.width / 2.0, plan.height / 2.0);
    const cv::Point2d offset = middle * (1 - aim.zoom) + aim.shift;
    const cv::Point2d margin((background.cols - plan.width) / 2.0, (background.rows - plan.height) / 2.0);
    const cv::Matx23d place(aim.zoom, 0, offset.x - margin.x * aim.zoom, 0, aim.zoom,
                            offset.y - margin.y * aim.zoom);
    cv::warpAffine(background, canvas.image(), place, canvas.image().size(), cv::INTER_LINEAR,
                   cv::BORDER_REPLICATE);
    const double scale = plan.height / lens.visible_metres() * figure.height * aim.zoom;
    canvas.set_view(lens.person() * aim.zoom + offset, scale);
    draw_scene(canvas, phase, sway);
    return canvas.image();
  }

  void draw_scene(Canvas& canvas, double forwards, double sway) const {
    SceneView view{choreography.turn, lens.pitch(), lens.distance(), choreography.middle};
    Pose pose = choreography.movement.at(forwards);
    pose.spine[1] += 0.012 * std::sin(sway);
    pose.nod += 0.03 * std::sin(0.7 * sway);
    const Skeleton joints(pose, figure.proportions);
    const auto foot = view.project({joints.pelvis.x, 0, joints.pelvis.z});
    canvas.shadow(foot.at, 0.5, 0.14, 0.4);
    Layers layers;
    add_prop(layers, view, choreography, prop, forwards);
    add_person(layers, view, figure, joints);
    layers.draw(canvas);
  }
};

DrawnClip::DrawnClip(const ClipPlan& plan) : state_(std::make_unique<State>(plan)) {}

DrawnClip::~DrawnClip() = default;

int DrawnClip::frames() const { return state_->frames(); }

double DrawnClip::frame_rate() const { return kFrameRate; }

int DrawnClip::quality() const { return kQuality; }

const char* DrawnClip::preset() const { return "veryfast"; }

std::vector<std::uint8_t> DrawnClip::frame(int index) const {
  const State& s = *state_;
  const int filmed = s.filmed(index);
  const double time = filmed / kFrameRate;
  const double phase = std::clamp((time - s.lead) / s.movement, 0.0, 1.0);
  cv::Mat image =
      s.draw(phase, 6.2832 / s.sway_rate * time + s.sway_phase, s.lens.aim(time / s.seconds(), time));
  s.lens.expose(image);
  s.lens.add_noise(image, Random(s.plan.seed, "noise", static_cast<std::uint32_t>(filmed), s.plan.clip));
  return bytes_of(image);
}

std::vector<std::uint8_t> DrawnClip::moment(double phase) const {
  const double forwards = kActions[state_->plan.action].reversed ? 1 - phase : phase;
  cv::Mat image = state_->draw(forwards, 0, {});
  state_->lens.expose(image);
  return bytes_of(image);
}

}  // namespace actionflow
