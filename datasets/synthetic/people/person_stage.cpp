#include "datasets/synthetic/people/person_stage.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/synthetic/places/backdrop.h"

namespace actionflow {

namespace {

constexpr double kMargin = 0.12;  // of background on each side, for the camera's movements

int with_margin(int size) { return size + 2 * static_cast<int>(size * kMargin); }

Random background_numbers(const ClipPlan& plan) {
  return Random(plan.seed, "background", 0, plan.background);
}

}  // namespace

PersonSetting::PersonSetting(const ClipPlan& plan)
    : width(plan.width),
      height(plan.height),
      figure(Random(plan.seed, "figure", 0, plan.figure)),
      lens(Random(plan.seed, "lens", 0, plan.clip), plan.width, plan.height),
      background(
          draw_background(background_numbers(plan), with_margin(plan.width), with_margin(plan.height))),
      outdoors(is_outdoors(background_numbers(plan))) {}

PersonStage::PersonStage(const PersonSetting& setting, ActionPair pair, Random choreography, Random prop)
    : setting_(setting),
      choreography_(choreograph(pair, choreography, setting.outdoors)),
      prop_(choreography_.prop, prop) {}

cv::Mat PersonStage::draw(double phase, double sway, const Lens::Aim& aim, const Fidget& fidget) const {
  Canvas canvas(setting_.width, setting_.height);
  const cv::Point2d middle(setting_.width / 2.0, setting_.height / 2.0);
  const cv::Point2d offset = middle * (1 - aim.zoom) + aim.shift;
  const cv::Mat& background = setting_.background;
  const cv::Point2d margin((background.cols - setting_.width) / 2.0,
                           (background.rows - setting_.height) / 2.0);
  const cv::Matx23d place(aim.zoom, 0, offset.x - margin.x * aim.zoom, 0, aim.zoom,
                          offset.y - margin.y * aim.zoom);
  cv::warpAffine(background, canvas.image(), place, canvas.image().size(), cv::INTER_LINEAR,
                 cv::BORDER_REPLICATE);
  const Lens& lens = setting_.lens;
  const double scale = setting_.height / lens.visible_metres() * setting_.figure.height * aim.zoom;
  canvas.set_view(lens.person() * aim.zoom + offset, scale);
  draw_scene(canvas, phase, sway, fidget);
  return canvas.image();
}

void PersonStage::draw_scene(Canvas& canvas, double phase, double sway, const Fidget& fidget) const {
  const Lens& lens = setting_.lens;
  SceneView view{choreography_.turn, lens.pitch(), lens.distance(), choreography_.middle};
  Pose pose = choreography_.movement.at(phase);
  pose.spine[0] += fidget.lean;
  pose.spine[1] += 0.012 * std::sin(sway);
  pose.spine[2] += fidget.turn;
  pose.nod += 0.03 * std::sin(0.7 * sway) + fidget.nod;
  pose.pelvis.x += fidget.shift;
  for (std::size_t i = 0; i < 2; ++i) pose.hands[i] += fidget.hands[i];
  const Skeleton joints(pose, setting_.figure.proportions);
  const auto foot = view.project({joints.pelvis.x, 0, joints.pelvis.z});
  canvas.shadow(foot.at, 0.5, 0.14, 0.4);
  Layers layers;
  add_prop(layers, view, choreography_, prop_, phase);
  add_person(layers, view, setting_.figure, joints);
  layers.draw(canvas);
}

}  // namespace actionflow
