#include "datasets/synthetic/hands/hand.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "datasets/synthetic/drawing/palette.h"

namespace actionflow {

using cv::Point2d;
using cv::Scalar;

namespace {

Scalar sleeve_color(Random& random) {
  if (random.chance(0.7)) return color_of(Material::shirt, random);
  return {random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255)};
}

Point2d unit(Point2d p) { return p / std::max(1e-6, cv::norm(p)); }

// Places count along the hand from the fingertip to the wrist, and across it from the thumb's side.
class Hand {
 public:
  Hand(Canvas& canvas, const HandLook& look, const HandPose& pose)
      : canvas_(canvas), look_(look), pose_(pose), size_(look.length * pose.size) {
    const Point2d line = unit(pose.elbow - pose.tip);
    const double c = std::cos(pose.finger), s = std::sin(pose.finger);
    along_ = Point2d(c * line.x - s * line.y, s * line.x + c * line.y);
    across_ = Point2d(along_.y, -along_.x) * (look.left ? 1 : -1);
    skin_ = shade(look.skin, pose.light);
  }

  void draw() {
    forearm();
    back();
    switch (pose_.shape) {
      case HandShape::pointing:
        curled(1);
        finger({0.05, 0}, {0.5, 0.0}, 1);
        break;
      case HandShape::two_fingers:
        curled(2);
        finger({0.1, 0.14}, {0.5, 0.12}, 1);
        finger({0.05, 0}, {0.5, 0.0}, 1);
        break;
      case HandShape::open:
        finger({0.17, 0.46}, {0.55, 0.3}, 0.8);
        finger({0.05, 0.26}, {0.5, 0.2}, 0.95);
        finger({0.0, 0.1}, {0.5, 0.1}, 1);
        finger({0.05, -0.08}, {0.5, 0.0}, 1);
        break;
      case HandShape::fist:
        curled(0);
    }
    thumb();
  }

 private:
  Point2d at(Point2d p) const { return pose_.tip + (along_ * p.x + across_ * p.y) * size_; }

  // A limb whose one side is in the light.
  void round(Point2d a, Point2d b, double width_a, double width_b, const Scalar& color) {
    if (look_.flat) return canvas_.limb(a, b, width_a, width_b, color);
    canvas_.limb(a, b, width_a, width_b, shade(color, 0.8));
    const Point2d line = unit(b - a);
    const Point2d side = Point2d(-line.y, line.x) * (0.12 * pose_.light_from);
    canvas_.limb(a + side * width_a, b + side * width_b, width_a * 0.72, width_b * 0.72, shade(color, 0.93));
    canvas_.limb(a + side * (1.6 * width_a), b + side * (1.6 * width_b), width_a * 0.4, width_b * 0.4,
                 shade(color, 1.03));
  }

  void finger(Point2d tip, Point2d knuckle, double girth) {
    const double width = look_.finger * girth * size_;
    round(at(tip), at(knuckle), width * 0.82, width * 1.15, skin_);
    if (!look_.flat) canvas_.disc(at(tip - Point2d(0.012, 0)), width * 0.26, shade(skin_, 1.2));
  }

  void back() {
    const double broad = 0.36 * look_.fist * size_;
    const double middle = 0.1 * look_.fist;
    round(at({0.58, middle}), at({0.82, middle * 0.9}), broad, broad * 0.92, skin_);
  }

  // Fingers in the fist, beside the `first` that are stretched.
  void curled(int first) {
    for (int i = 3; i >= first; --i) {
      const Point2d place(0.47 + 0.035 * (i - first), look_.fist * (-0.02 + 0.1 * i));
      const double radius = 0.075 * size_;
      if (!look_.flat) canvas_.disc(at(place - Point2d(0.005, -0.01)), radius * 1.1, shade(skin_, 0.76));
      canvas_.disc(at(place), radius, shade(skin_, look_.flat ? 1 : 0.94));
    }
  }

  void thumb() {
    const double width = 0.12 * size_;
    if (pose_.shape == HandShape::open)
      return round(at({0.8, -0.05}), at({0.42, -0.32}), width, width, skin_);
    round(at({0.82, -0.06}), at({0.58, -0.1}), width * 1.1, width * 0.9, shade(skin_, 0.95));
  }

  void forearm() {
    const Point2d wrist = at({1, 0.08});
    const Point2d line = pose_.elbow - wrist;
    const double reach = cv::norm(line);
    const double slim = 0.33 * look_.arm * size_;
    const double broad = slim * look_.elbow;
    const auto on_arm = [&](double hands) { return wrist + line * std::min(1.0, hands * size_ / reach); };
    const auto breadth = [&](double hands) {
      return slim + (broad - slim) * std::min(1.0, hands * size_ / reach);
    };
    round(at({0.8, 0.08}), wrist, slim * 1.05, slim, skin_);
    const double bare = std::min(look_.bare * size_, reach) / size_;
    round(wrist, on_arm(bare), slim, breadth(bare), skin_);
    if (look_.bare * size_ < reach)
      sleeve(on_arm(look_.bare), pose_.elbow, breadth(look_.bare) * 1.22, broad * 1.2);
    if (look_.band_at >= 0 && look_.band_at < look_.bare) {
      const Point2d middle = on_arm(look_.band_at);
      const Point2d side = Point2d(-line.y, line.x) / reach * breadth(look_.band_at) * 0.53;
      const Point2d thick = line / reach * (look_.band_width * size_ * 0.5);
      canvas_.polygon(
          {middle - side - thick, middle + side - thick, middle + side + thick, middle - side + thick},
          shade(look_.band, pose_.light));
    }
  }

  void sleeve(Point2d cuff, Point2d elbow, double width, double width_elbow) {
    const Scalar cloth = shade(look_.sleeve, pose_.light);
    round(cuff, elbow, width, width_elbow, cloth);
    if (look_.flat || look_.cloth == Sleeve::plain) return;
    const Point2d line = elbow - cuff;
    const double reach = cv::norm(line);
    const Scalar print = shade(look_.pattern, pose_.light);
    const double step = 0.14 * size_;
    for (double d = 0.03; d < reach; d += step) {
      const double half = (width + (width_elbow - width) * d / reach) * 0.47;
      const Point2d middle = cuff + line * (d / reach);
      const Point2d side = Point2d(-line.y, line.x) / reach * half;
      const Point2d thick = line / reach * (step * 0.2);
      canvas_.polygon(
          {middle - side - thick, middle + side - thick, middle + side + thick, middle - side + thick},
          print);
    }
    if (look_.cloth != Sleeve::checked) return;
    for (const double share : {-0.32, 0.0, 0.32}) {
      const Point2d across = Point2d(-line.y, line.x) / reach * share;
      canvas_.limb(cuff + across * width, elbow + across * width_elbow, step * 0.35, step * 0.5, print);
    }
  }

  Canvas& canvas_;
  const HandLook& look_;
  const HandPose& pose_;
  double size_;
  Point2d along_, across_;
  Scalar skin_;
};

}  // namespace

HandLook::HandLook(Random random, double aspect) {
  skin = shade(color_of(Material::skin, random), random.uniform(0.7, 1.08));
  sleeve = sleeve_color(random);
  pattern = sleeve_color(random);
  band = random.chance(0.5) ? Scalar(226, 220, 208) : sleeve_color(random);
  cloth = static_cast<Sleeve>(random.below(3));
  if (random.chance(0.45)) bare = random.uniform(0.05, 0.9);
  if (random.chance(0.3)) band_at = random.uniform(0.02, 0.25);
  band_width = random.uniform(0.04, 0.14);
  length = random.uniform(0.32, 0.54);
  finger = random.uniform(0.11, 0.17);
  fist = random.uniform(0.9, 1.3);
  arm = random.uniform(0.9, 1.45);
  elbow = random.uniform(1.4, 2.8);
  const double side = random.uniform_double();
  if (side < 0.78) {
    from = {aspect * random.uniform(0.8, 1.2), random.uniform(1.3, 1.75)};
  } else if (side < 0.87) {
    from = {aspect * random.uniform(0.4, 0.8), random.uniform(1.5, 1.9)};
  } else if (side < 0.93) {
    from = {aspect * random.uniform(1.25, 1.5), random.uniform(0.8, 1.2)};
  } else {
    from = {aspect * random.uniform(-0.2, 0.25), random.uniform(1.3, 1.7)};
  }
  left = side >= 0.93 || random.chance(0.06);
}

HandLook HandLook::silhouette(const Scalar& color) const {
  HandLook dark = *this;
  dark.skin = dark.sleeve = dark.pattern = dark.band = color;
  dark.flat = true;
  return dark;
}

void draw_hand(Canvas& canvas, const HandLook& look, const HandPose& pose) {
  Hand(canvas, look, pose).draw();
}

}  // namespace actionflow
