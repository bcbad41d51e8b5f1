#include "datasets/synthetic/hands/hand_film.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/synthetic/drawing/lens.h"
#include "datasets/synthetic/drawing/palette.h"
#include "datasets/synthetic/hands/finger_motion.h"
#include "datasets/synthetic/hands/hand.h"
#include "datasets/synthetic/hands/head_camera.h"
#include "datasets/synthetic/places/surroundings.h"

namespace actionflow {

using cv::Point2d;
using cv::Scalar;

namespace {

constexpr double kSceneryMargin = 0.2;  // of scenery on each side, for the camera's movements
constexpr double kPixelsAMoment = 2;    // that a hand may move between two moments of one picture
constexpr int kMostMoments = 5;

Random numbers(const ClipPlan& plan, std::string_view purpose) { return {plan.seed, purpose, 0, plan.clip}; }

cv::Size scenery_size(const ClipPlan& plan) {
  return {static_cast<int>(plan.width * (1 + 2 * kSceneryMargin)),
          static_cast<int>(plan.height * (1 + 2 * kSceneryMargin))};
}

double aspect_of(const ClipPlan& plan) { return static_cast<double>(plan.width) / plan.height; }

// How a clip's hand is held and lit.
struct Holding {
  HandShape shape = HandShape::pointing;
  Point2d follow;              // how far the elbow goes with the fingertip
  double bend, bending, size;  // of the wrist, radians; its change a picture's height; of the hand
  double light, light_from, scene_light, least_light;
  double shutter;  // share of a picture's time that is exposed
  ShakePath tremble;
  bool casts_shadow;
  Point2d shadow_from;
  double shadow_depth, shadow_blur;
  double carried;  // share of the scenery's movement that the hand makes too

  Holding(Random random, double seconds)
      : follow(random.uniform(0.2, 0.8), random.uniform(0.4, 1)),
        bend(random.uniform(0.05, 0.75)),
        bending(random.uniform(-0.5, 0.5)),
        size(random.uniform(0.85, 1.15)),
        light(random.uniform(0.65, 1.15)),
        light_from(random.uniform(-1, 1)),
        scene_light(1),
        least_light(random.uniform(25, 70)),
        shutter(random.uniform(0.3, 1)),
        tremble(random, random.uniform(0.01, 0.08), seconds),
        casts_shadow(random.chance(0.4)),
        shadow_from(random.uniform(-0.35, 0.2), random.uniform(-0.1, 0.2)),
        shadow_depth(random.uniform(0.15, 0.6)),
        shadow_blur(random.uniform(3, 13)),
        carried(random.uniform(0, 0.5)) {
    const double shaped = random.uniform_double();
    if (shaped < 0.12)
      shape = shaped < 0.04 ? HandShape::two_fingers : shaped < 0.09 ? HandShape::open : HandShape::fist;
    const double lit = random.uniform_double();
    if (lit < 0.13) {  // the light is behind it
      light = random.uniform(0.12, 0.45);
      scene_light = random.uniform(1, 1.5);
      least_light = 110;
    } else if (lit < 0.27) {  // a lamp is on it
      light = random.uniform(1.2, 1.9);
      scene_light = random.uniform(0.35, 0.9);
    }
  }
};

// Somebody or something dim that moves slowly behind the hand.
struct Passer {
  bool there;
  Point2d from, to;
  double rx, ry, depth;
  bool solid;
  Scalar color;

  Passer(Random random, cv::Size size)
      : there(random.chance(0.22)),
        from(random.uniform(-0.1, 1.1) * size.width / size.height, random.uniform(0.1, 0.9)),
        to(from + Point2d(random.uniform(-0.6, 0.6), random.uniform(-0.2, 0.2))),
        rx(random.uniform(0.05, 0.25)),
        ry(random.uniform(0.08, 0.5)),
        depth(random.uniform(0.2, 0.7)),
        solid(random.chance(0.4)),
        color(color_of(Material::shirt, random)) {}

  void draw(Canvas& canvas, double share) const {
    const Point2d at = from + (to - from) * share;
    if (!solid) return canvas.shadow(at, rx, ry, depth);
    canvas.ellipse(at, rx * 0.6, ry * 0.7, 0, color);
    canvas.disc(at - Point2d(0, 0.8 * ry), 0.35 * rx, shade(color, 0.7));
  }
};

Point2d direction(const HandLook& look, double aspect) {
  const Point2d out = look.from - Point2d(0.5 * aspect, 0.4);
  return out / cv::norm(out);
}

FingerMotion motion_of(const ClipPlan& plan, const HandLook& look, double aspect) {
  const Random random = numbers(plan, "finger");
  const Point2d arm = direction(look, aspect);
  if (plan.seconds > 0) return FingerMotion::stream(plan.seconds, random, aspect, arm);
  return {plan.action, random, aspect, arm};
}

class HandFilm final : public Film {
 public:
  explicit HandFilm(const ClipPlan& plan)
      : plan_(plan),
        aspect_(aspect_of(plan)),
        look_(Random(plan.seed, "hand", 0, plan.figure), aspect_),
        motion_(motion_of(plan, look_, aspect_)),
        holding_(numbers(plan, "holding"), motion_.seconds()),
        camera_(numbers(plan, "head"), motion_.seconds(), cv::Size(plan.width, plan.height),
                scenery_size(plan)),
        lens_(numbers(plan, "lens"), plan.width, plan.height),
        passer_(numbers(plan, "passer"), scenery_size(plan)),
        scenery_(draw_surroundings(Random(plan.seed, "surroundings", 0, plan.background),
                                   scenery_size(plan).width, scenery_size(plan).height)) {
    light_scenery();
    Random recording = numbers(plan, "recording");
    frame_rate_ = 15 + static_cast<double>(recording.below(16));
    quality_ = 18 + static_cast<int>(recording.below(15));
  }

  int frames() const override {
    const double seconds = plan_.seconds > 0 ? plan_.seconds : motion_.seconds();
    return std::max(2, static_cast<int>(seconds * frame_rate_));
  }
  double frame_rate() const override { return frame_rate_; }
  int quality() const override { return quality_; }
  const char* preset() const override { return "ultrafast"; }

  std::vector<FilmAction> actions() const override {
    std::vector<FilmAction> actions;
    for (const FingerMotion::Drawn& drawn : motion_.drawn())
      if (drawn.gesture < kGestureClasses) actions.push_back({drawn.gesture, drawn.begin, drawn.end});
    return actions;
  }

  std::vector<std::uint8_t> frame(int index) const override {
    const double seconds = index / frame_rate_;
    cv::Mat image = exposed(seconds);
    camera_.expose(image, seconds);
    lens_.expose(image);
    lens_.add_noise(image, Random(plan_.seed, "grain", static_cast<std::uint32_t>(index), plan_.clip));
    return {image.data, image.data + image.total() * image.elemSize()};
  }

 private:
  // No camera leaves a scene quite dark, and what is behind a dark hand is light.
  void light_scenery() {
    const Scalar mean = cv::mean(scenery_);
    const double light = (mean[0] + mean[1] + mean[2]) / 3;
    scenery_ *= holding_.scene_light * std::clamp(holding_.least_light / std::max(1.0, light), 1.0, 8.0);
  }

  Point2d tip(double seconds) const {
    return motion_.at(seconds) + camera_.moved(seconds) * (holding_.carried / plan_.height);
  }

  HandPose pose(double seconds) const {
    HandPose pose;
    pose.shape = holding_.shape;
    pose.tip = tip(seconds);
    const Point2d strayed = pose.tip - Point2d(0.5 * aspect_, 0.4);
    pose.elbow = look_.from + Point2d(strayed.x * holding_.follow.x, strayed.y * holding_.follow.y);
    // The finger is held more upright than the arm.
    const double lean = std::atan2(pose.elbow.x - pose.tip.x, pose.elbow.y - pose.tip.y);
    pose.finger = lean * holding_.bend + holding_.bending * strayed.x + holding_.tremble.at(seconds).x;
    pose.size = holding_.size * (1 + 0.15 * strayed.y);
    pose.light = holding_.light;
    pose.light_from = holding_.light_from;
    return pose;
  }

  cv::Mat behind(double seconds) const {
    Canvas canvas(plan_.width, plan_.height);
    cv::warpAffine(scenery_, canvas.image(), camera_.view(seconds), canvas.image().size(), cv::INTER_LINEAR,
                   cv::BORDER_REFLECT);
    if (passer_.there) passer_.draw(canvas, seconds / motion_.seconds());
    if (holding_.casts_shadow) cast_shadow(canvas.image(), pose(seconds));
    return canvas.image();
  }

  void cast_shadow(cv::Mat& image, HandPose pose) const {
    const double left = 255 * (1 - holding_.shadow_depth);
    pose.tip += holding_.shadow_from;
    pose.elbow += holding_.shadow_from;
    Canvas light(plan_.width / 2, plan_.height / 2);
    light.image().setTo(Scalar::all(255));
    draw_hand(light, look_.silhouette(Scalar::all(left)), pose);
    cv::Mat soft;
    cv::blur(light.image(), soft,
             cv::Size(3, 3) + cv::Size(1, 1) * (2 * static_cast<int>(holding_.shadow_blur / 4)));
    cv::resize(soft, soft, image.size());
    cv::multiply(image, soft, image, 1 / 255.0);
  }

  // What the shutter lets in: as many moments as the hand's way asks for.
  cv::Mat exposed(double seconds) const {
    const double open = holding_.shutter / frame_rate_;
    const double way = cv::norm(tip(seconds + open) - tip(seconds)) * plan_.height;
    const int moments = std::clamp(static_cast<int>(std::ceil(way / kPixelsAMoment)), 1, kMostMoments);
    const cv::Mat scene = behind(seconds + open / 2);
    cv::Mat sum(scene.size(), CV_16UC3, Scalar::all(0));
    Canvas canvas(plan_.width, plan_.height);
    for (int i = 0; i < moments; ++i) {
      scene.copyTo(canvas.image());
      draw_hand(canvas, look_, pose(seconds + open * (i + 0.5) / moments));
      if (moments == 1) return canvas.image();
      cv::add(sum, canvas.image(), sum, cv::noArray(), CV_16U);
    }
    sum.convertTo(canvas.image(), CV_8U, 1.0 / moments);
    return canvas.image();
  }

  ClipPlan plan_;
  double aspect_;
  HandLook look_;
  FingerMotion motion_;
  Holding holding_;
  HeadCamera camera_;
  Lens lens_;
  Passer passer_;
  cv::Mat scenery_;
  double frame_rate_;
  int quality_;
};

}  // namespace

std::unique_ptr<Film> hand_film(const ClipPlan& plan) { return std::make_unique<HandFilm>(plan); }

}  // namespace actionflow
