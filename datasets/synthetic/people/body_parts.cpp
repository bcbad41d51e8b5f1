#include "datasets/synthetic/people/body_parts.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace actionflow {

using cv::Point2d;
using cv::Scalar;

namespace {

constexpr double kHalfFace = 0.085;
constexpr double kEyeAngle = 0.4245;  // each eye's, from the nose

// A limb with light on the side of its upper left, as round things have.
void round_limb(Canvas& canvas, Point2d a, Point2d b, double width_a, double width_b, const Scalar& color) {
  canvas.limb(a, b, width_a, width_b, shade(color, 0.84));
  const Point2d toward_light(-0.14, -0.08);
  canvas.limb(a + toward_light * width_a, b + toward_light * width_b, 0.62 * width_a, 0.62 * width_b,
              shade(color, 1.06));
}

// Draws the parts of one head, which lie on a ball that is turned.
class Head {
 public:
  Head(Canvas& canvas, const Look& look, const HeadView& view) : canvas_(canvas), look_(look), view_(view) {}

  void draw() {
    const double aside = std::sin(view_.turn);
    draw_back_of_hair(aside);
    ellipse({0.012 * aside, 0}, kHalfFace, 0.112, look_.skin);
    for (const double side : {-1.0, 1.0}) draw_ear(side);
    draw_fringe(aside);
    for (const double side : {-1.0, 1.0}) draw_eye(side);
    const Point2d nose = at({0.09 * aside, 0});
    canvas_.limb(nose, nose + Point2d(0.008 + 0.012 * aside, 0.032) * view_.size, 0.009 * view_.size,
                 0.016 * view_.size, shade(look_.skin, 0.87));
    ellipse({0.07 * aside, 0.063}, 0.028 * (0.35 + 0.65 * std::cos(view_.turn)), 0.008, {168, 84, 80});
  }

 private:
  void draw_back_of_hair(double aside) {
    switch (look_.hair_style) {
      case Hair::short_cut:
      case Hair::cap:
        return ellipse({-0.02 * aside, -0.025}, 0.105, 0.125, look_.hair);
      case Hair::long_cut:
        ellipse({-0.035 * aside, -0.02}, 0.11, 0.128, look_.hair);
        for (const double side : {-1.0, 1.0}) {
          const Point2d top((0.075 * side - 0.05 * aside), -0.02);
          canvas_.limb(at(top), at(top + Point2d(0.008 * side, 0.15)), 0.055 * view_.size, 0.045 * view_.size,
                       shade(look_.hair, 0.9));
        }
        return;
      case Hair::bald:
        return ellipse({-0.02 * aside, -0.02}, 0.09, 0.108, shade(look_.skin, 0.95));
    }
  }

  void draw_fringe(double aside) {
    if (look_.hair_style == Hair::bald) return;
    if (look_.hair_style == Hair::cap) {
      ellipse({-0.005 * aside, -0.085}, 0.1, 0.06, look_.shoes);
      return ellipse({0.07 * aside, -0.062}, 0.085, 0.018, shade(look_.shoes, 0.75));
    }
    ellipse({-0.02 * aside, -0.095}, kHalfFace, 0.04, look_.hair);
  }

  void draw_ear(double side) {
    const double angle = view_.turn + side * std::numbers::pi / 2;
    if (std::cos(angle) < -0.1) return;
    const double facing = std::max(0.0, std::cos(angle));
    ellipse({0.087 * std::sin(angle), 0.005}, 0.014 + 0.008 * facing, 0.025, shade(look_.skin, 0.9));
  }

  void draw_eye(double side) {
    const double angle = view_.turn + side * kEyeAngle;
    const double facing = std::cos(angle) / std::cos(kEyeAngle);
    if (facing < 0.15) return;
    const Point2d eye(kHalfFace * std::sin(angle), -0.015);
    const double wide = std::min(1.0, facing);
    canvas_.limb(at(eye + Point2d(-0.016 * wide, -0.026)), at(eye + Point2d(0.016 * wide, -0.028)),
                 0.007 * view_.size, 0.007 * view_.size,
                 look_.hair_style == Hair::bald ? shade(look_.skin, 0.6) : look_.hair);
    if (!view_.blink) ellipse(eye, 0.014 * wide, 0.009, {240, 238, 232});
    ellipse(eye, 0.007, view_.blink ? 0.002 : 0.008, {44, 34, 28});
  }

  Point2d at(Point2d p) const { return view_.center + p * view_.size; }
  void ellipse(Point2d center, double rx, double ry, const Scalar& color) {
    canvas_.ellipse(at(center), rx * view_.size, ry * view_.size, 0, color);
  }

  Canvas& canvas_;
  const Look& look_;
  HeadView view_;
};

class SmallHand {
 public:
  SmallHand(Canvas& canvas, const HandView& view, const Scalar& skin)
      : canvas_(canvas), view_(view), skin_(skin) {}

  void draw_open() {
    constexpr std::array<double, 4> kSpread = {-19, -6, 6, 19};
    constexpr std::array<double, 4> kLength = {0.085, 0.1, 0.096, 0.078};
    for (std::size_t i = 0; i < kSpread.size(); ++i) {
      const double angle = kSpread[i] * std::numbers::pi / 180;
      const Point2d root(-0.033 + 0.022 * static_cast<double>(i), -0.035);
      const Point2d tip = root + Point2d(std::sin(angle), -std::cos(angle)) * kLength[i];
      segment(root, tip, 0.024, 0.019, 0.94 + 0.02 * static_cast<double>(i));
    }
    segment({-0.03, 0.02}, {-0.085, -0.03}, 0.03, 0.021, 0.95);
    palm();
  }

  void draw_thumb_up() {
    segment({-0.006, -0.025}, {-0.012, -0.125}, 0.034, 0.027, 1);
    canvas_.ellipse(at({-0.012, -0.115}), 0.009 * view_.size, 0.012 * view_.size, view_.degrees,
                    shade(skin_, 1.12));
    palm();
    for (int i = 0; i < 4; ++i) {
      const double y = -0.033 + 0.025 * i;
      segment({-0.03, y}, {0.036, y + 0.003}, 0.027, 0.027, 0.97 - 0.035 * i);
      segment({-0.032, y + 0.0125}, {0.03, y + 0.0145}, 0.003, 0.003, 0.68);
    }
  }

 private:
  void palm() { canvas_.ellipse(at({0, 0}), 0.05 * view_.size, 0.055 * view_.size, view_.degrees, skin_); }
  void segment(Point2d a, Point2d b, double width_a, double width_b, double light) {
    canvas_.limb(at(a), at(b), width_a * view_.size, width_b * view_.size, shade(skin_, light));
  }
  Point2d at(Point2d p) const {
    const double angle = view_.degrees * std::numbers::pi / 180;
    return view_.palm + Point2d(p.x * std::cos(angle) - p.y * std::sin(angle),
                                p.x * std::sin(angle) + p.y * std::cos(angle)) *
                            view_.size;
  }

  Canvas& canvas_;
  HandView view_;
  Scalar skin_;
};

}  // namespace

void draw_head(Canvas& canvas, const Look& look, const HeadView& head) { Head(canvas, look, head).draw(); }

void draw_neck(Canvas& canvas, const Look& look, Point2d chin, Point2d collar, double size) {
  canvas.limb(chin, collar, 0.085 * size, 0.1 * size, shade(look.skin, 0.82));
}

void draw_torso(Canvas& canvas, const Look& look, const TorsoView& torso) {
  const double s = torso.size;
  const auto [left, right] = std::minmax(torso.shoulders[0].x, torso.shoulders[1].x);
  if (right - left < 0.28 * s) {  // seen from the side: thickness shows
    const Point2d chest = (torso.shoulders[0] + torso.shoulders[1]) * 0.5;
    const Point2d hips = (torso.hips[0] + torso.hips[1]) * 0.5;
    round_limb(canvas, chest + (hips - chest) * 0.12, hips, 2.3 * torso.depth * s, 2 * torso.depth * s,
               look.shirt);
  }
  std::vector<cv::Point2f> corners;
  const auto add = [&](Point2d p) { corners.emplace_back(static_cast<float>(p.x), static_cast<float>(p.y)); };
  const Point2d middle = (torso.shoulders[0] + torso.shoulders[1]) * 0.5;
  for (const Point2d& shoulder : torso.shoulders) {
    add(shoulder + Point2d(shoulder.x < middle.x ? -0.02 : 0.02, -0.03) * s);
  }
  for (const double side : {-0.05, 0.05}) add(torso.collar + Point2d(side * s, 0));
  for (const Point2d& hip : torso.hips) add(hip);
  std::vector<cv::Point2f> hull;
  cv::convexHull(corners, hull);
  canvas.polygon(std::vector<Point2d>(hull.begin(), hull.end()), shade(look.shirt, 0.88));
  const Point2d lit = middle + (middle - torso.collar) * 0.2 - Point2d(0.02, 0) * s;
  for (cv::Point2f& p : hull) {
    p = {static_cast<float>(lit.x + 0.72 * (p.x - lit.x)), static_cast<float>(lit.y + 0.9 * (p.y - lit.y))};
  }
  canvas.polygon(std::vector<Point2d>(hull.begin(), hull.end()), shade(look.shirt, 1.03));
}

void draw_upper_arm(Canvas& canvas, const Look& look, const ArmView& arm) {
  const Point2d& sleeve_end = arm.elbow;
  if (look.long_sleeves) {
    return round_limb(canvas, arm.shoulder, sleeve_end, 0.115 * arm.size, 0.1 * arm.size,
                      shade(look.shirt, 0.9 * arm.light));
  }
  round_limb(canvas, arm.shoulder, arm.elbow, 0.085 * arm.size, 0.078 * arm.size,
             shade(look.skin, 0.9 * arm.light));
  round_limb(canvas, arm.shoulder, arm.shoulder + (arm.elbow - arm.shoulder) * 0.55, 0.12 * arm.size,
             0.115 * arm.size, shade(look.shirt, 0.9 * arm.light));
}

void draw_forearm(Canvas& canvas, const Look& look, const ArmView& arm) {
  const Point2d along = arm.wrist - arm.elbow;
  if (!look.long_sleeves) {
    return round_limb(canvas, arm.elbow, arm.wrist, 0.078 * arm.size, 0.055 * arm.size * arm.hand_size,
                      shade(look.skin, 0.95 * arm.light));
  }
  round_limb(canvas, arm.elbow, arm.elbow + along * 0.7, 0.1 * arm.size, 0.075 * arm.size * arm.hand_size,
             shade(look.shirt, 0.95 * arm.light));
  round_limb(canvas, arm.elbow + along * 0.72, arm.wrist, 0.055 * arm.size * arm.hand_size,
             0.052 * arm.size * arm.hand_size, shade(look.skin, 0.93 * arm.light));
}

Point2d elbow_of(Point2d shoulder, Point2d wrist, double bone) {
  const Point2d along = wrist - shoulder;
  const double reach = std::min(std::hypot(along.x, along.y), 2 * bone - 1e-3);
  const double bend = std::sqrt(std::max(0.0, bone * bone - reach * reach / 4));
  const double length = std::max(1e-6, std::hypot(along.x, along.y));
  const Point2d across(-along.y / length, along.x / length);
  const Point2d middle = (shoulder + wrist) * 0.5;
  const Point2d one = middle + across * bend;
  const Point2d other = middle - across * bend;
  const auto ease = [](Point2d p) { return p.y + 0.8 * p.x; };
  return ease(one) > ease(other) ? one : other;
}

void draw_thigh(Canvas& canvas, const Look& look, const LegView& leg) {
  round_limb(canvas, leg.hip, leg.knee, 0.18 * leg.size, 0.13 * leg.size, shade(look.trousers, leg.light));
}

void draw_shin(Canvas& canvas, const Look& look, const LegView& leg) {
  const Scalar color = look.shorts ? shade(look.skin, 0.92) : look.trousers;
  round_limb(canvas, leg.knee, leg.ankle, (look.shorts ? 0.11 : 0.13) * leg.size,
             (look.shorts ? 0.075 : 0.1) * leg.size, shade(color, leg.light));
  round_limb(canvas, leg.ankle + Point2d(0, 0.03 * leg.size), leg.toes, 0.085 * leg.size, 0.07 * leg.size,
             shade(look.shoes, leg.light));
}

void draw_open_hand(Canvas& canvas, const HandView& hand, const Scalar& skin) {
  SmallHand(canvas, hand, skin).draw_open();
}

void draw_thumb_up(Canvas& canvas, const HandView& hand, const Scalar& skin) {
  SmallHand(canvas, hand, skin).draw_thumb_up();
}

}  // namespace actionflow
