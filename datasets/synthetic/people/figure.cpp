#include "datasets/synthetic/people/figure.h"

#include <cmath>

#include "datasets/synthetic/drawing/palette.h"

namespace actionflow {

using cv::Point2d;
using cv::Scalar;

namespace {

// Adds one person's parts; the nearness of a part decides what it hides.
class Person {
 public:
  Person(Layers& layers, const SceneView& view, const Figure& figure, const Skeleton& joints)
      : layers_(layers), view_(view), figure_(figure), joints_(joints) {}

  void add() {
    add_torso();
    add_head();
    for (std::size_t side = 0; side < 2; ++side) {
      add_leg(side);
      add_arm(side);
    }
  }

 private:
  double nearness(cv::Point3d a, cv::Point3d b) const { return view_.project((a + b) * 0.5).nearness; }
  Point2d flat(cv::Point3d p) const { return view_.project(p).at; }
  double girth(cv::Point3d p) const { return view_.project(p).size * figure_.proportions.girth; }
  // The far side has less light, so that crossing limbs stand out.
  double light(double nearness) const { return std::clamp(0.95 + 0.55 * nearness, 0.78, 1.06); }

  void add_torso() {
    TorsoView torso;
    for (std::size_t side = 0; side < 2; ++side) {
      torso.shoulders[side] = flat(joints_.shoulders[side]);
      const Point2d hip = flat(joints_.hips[side]);
      const Point2d middle = flat(joints_.pelvis);
      torso.hips[side] = middle + (hip - middle) * 1.75;
    }
    torso.collar = flat(joints_.collar);
    torso.size = girth(joints_.collar);
    const Look& look = figure_.look;
    layers_.add(nearness(joints_.pelvis, joints_.collar), [torso, &look](Canvas& canvas) {
      const Point2d hips = (torso.hips[0] + torso.hips[1]) * 0.5;
      const double broad = std::max(0.19 * torso.size, std::abs(torso.hips[1].x - torso.hips[0].x) * 0.95);
      canvas.ellipse(hips, broad / 2, 0.1 * torso.size, 0, shade(look.trousers, 0.95));
      draw_torso(canvas, look, torso);
    });
  }

  void add_head() {
    const SceneView::Projected head = view_.project(joints_.head);
    HeadView drawn;
    drawn.center = head.at;
    drawn.turn = view_.turn;
    drawn.size = head.size * 1.02 * figure_.proportions.head;
    const Point2d chin = flat(joints_.chin);
    const Point2d collar = flat(joints_.collar);
    const Look& look = figure_.look;
    layers_.add(nearness(joints_.collar, joints_.head) + 0.04, [=, &look](Canvas& canvas) {
      draw_neck(canvas, look, chin, collar, drawn.size);
      draw_head(canvas, look, drawn);
    });
  }

  void add_leg(std::size_t side) {
    const double thigh = nearness(joints_.hips[side], joints_.knees[side]);
    const double shin = nearness(joints_.knees[side], joints_.ankles[side]);
    const LegView leg{flat(joints_.hips[side]),   flat(joints_.knees[side]),
                      flat(joints_.ankles[side]), flat(joints_.toes[side]),
                      girth(joints_.knees[side]), light(nearness(joints_.hips[side], joints_.hips[side]))};
    const Look& look = figure_.look;
    layers_.add(thigh, [leg, &look](Canvas& canvas) { draw_thigh(canvas, look, leg); });
    layers_.add(shin, [leg, &look](Canvas& canvas) { draw_shin(canvas, look, leg); });
  }

  void add_arm(std::size_t side) {
    const double upper = nearness(joints_.shoulders[side], joints_.elbows[side]);
    const double lower = nearness(joints_.elbows[side], joints_.wrists[side]);
    const ArmView arm{flat(joints_.shoulders[side]),
                      flat(joints_.elbows[side]),
                      flat(joints_.wrists[side]),
                      girth(joints_.elbows[side]),
                      light(nearness(joints_.shoulders[side], joints_.shoulders[side])),
                      1};
    const SceneView::Projected palm = view_.project(joints_.palms[side]);
    const Point2d along = palm.at - arm.wrist;
    const HandView hand{palm.at, std::atan2(along.x, -along.y) * 180 / 3.14159265358979, palm.size * 0.85};
    const Look& look = figure_.look;
    layers_.add(upper + 0.02, [arm, &look](Canvas& canvas) { draw_upper_arm(canvas, look, arm); });
    layers_.add(lower + 0.06, [arm, hand, &look](Canvas& canvas) {
      draw_forearm(canvas, look, arm);
      draw_open_hand(canvas, hand, look.skin);
    });
  }

  Layers& layers_;
  const SceneView& view_;
  const Figure& figure_;
  const Skeleton& joints_;
};

}  // namespace

Figure::Figure(Random random) {
  look.skin = color_of(Material::skin, random);
  look.hair = color_of(Material::hair, random);
  look.shirt = color_of(Material::shirt, random);
  look.trousers = color_of(Material::trousers, random);
  look.shoes = color_of(Material::shoes, random);
  constexpr std::array<Hair, 6> kHair{Hair::short_cut, Hair::short_cut, Hair::long_cut,
                                      Hair::long_cut,  Hair::bald,      Hair::cap};
  look.hair_style = kHair[random.below(kHair.size())];
  look.long_sleeves = random.chance(0.55);
  look.shorts = random.chance(0.25);
  height = random.uniform(0.86, 1.1);
  tempo = random.uniform(0.85, 1.2);
  proportions.girth = random.uniform(0.85, 1.25);
  proportions.shoulders = random.uniform(0.9, 1.1) * (0.6 + 0.4 * proportions.girth);
  proportions.arms = random.uniform(0.97, 1.05);
  proportions.legs = random.uniform(0.97, 1.05);
  proportions.head = random.uniform(0.93, 1.12);
}

void add_person(Layers& layers, const SceneView& view, const Figure& figure, const Skeleton& joints) {
  Person(layers, view, figure, joints).add();
}

}  // namespace actionflow
