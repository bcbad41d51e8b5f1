#include "datasets/synthetic/people/actions.h"

#include <cmath>
#include <numbers>

namespace actionflow {

using cv::Point3d;

namespace {

class Choreographer {
 public:
  Choreographer(Random& random, bool outdoors)
      : random_(random), outdoors_(outdoors), side_(random.chance(0.5) ? 1 : 0) {
    standing_.pelvis.x += near(0, 0.03);
    standing_.spine[0] = near(0.03, 0.04);
    for (Point3d& hand : standing_.hands) hand += Point3d(0, near(0, 0.02), near(0, 0.03));
    standing_.feet[0].x -= random_.uniform(0, 0.06);
    standing_.feet[1].x += random_.uniform(0, 0.06);
  }

  Choreography make(ActionPair pair) {
    switch (pair) {
      case ActionPair::sit:
        return sit();
      case ActionPair::push:
        return push();
      case ActionPair::wave:
        return wave();
      case ActionPair::throwing:
        return throwing();
      case ActionPair::opening:
        return opening();
      case ActionPair::picking:
        return picking();
      case ActionPair::arms:
        return arms();
    }
    return {};
  }

 private:
  double near(double middle, double spread) { return middle + random_.uniform(-spread, spread); }
  double sign() const { return side_ == 1 ? 1 : -1; }
  double turned(double least, double most) {
    return (random_.chance(0.5) ? 1 : -1) * random_.uniform(least, most) * std::numbers::pi / 180;
  }

  Choreography sit() {
    Choreography c;
    c.prop = random_.chance(0.65) ? PropKind::chair : PropKind::stool;
    c.turn = turned(5, 80);
    c.seconds = 1.5;
    c.middle = {0, 0.85, -0.12};
    const double lean = near(0.65, 0.12);
    Pose half = standing_;
    half.pelvis = {0, 0.73, -0.2};
    half.spine[0] = lean;
    half.nod = -0.25;
    Pose sitting = standing_;
    sitting.pelvis = {0, 0.555, -0.33};
    sitting.spine[0] = near(0.05, 0.05);
    for (std::size_t i = 0; i < 2; ++i) {
      const double side = i == 0 ? -1 : 1;
      half.hands[i] = {side * 0.22, 0.72, 0.14};
      sitting.hands[i] = {side * near(0.14, 0.03), 0.64, near(0.06, 0.04)};
    }
    c.movement.key(0, standing_);
    c.movement.key(0.5, half);
    c.movement.key(1, sitting);
    return c;
  }

  Choreography push() {
    Choreography c;
    c.prop = random_.chance(0.5) ? PropKind::crate : PropKind::trolley;
    c.turn = turned(50, 88);
    c.seconds = 1.7;
    c.middle = {0, 0.85, 0.25};
    c.hold = {.from = 0, .to = 1, .hands = {0.5, 0.5}, .offset = {0, 0, 0.05}, .floor = 0};
    const double way = near(0.62, 0.1);
    const double height = near(1.02, 0.08);
    for (int step = 0; step <= 4; ++step) {
      const double share = step / 4.0;
      Pose pose = standing_;
      const double forwards = way * share;
      pose.pelvis = {0, 0.87, forwards - 0.4};
      pose.spine[0] = 0.22 + 0.14 * std::sin(std::numbers::pi * share);
      for (std::size_t i = 0; i < 2; ++i) {
        const double side = i == 0 ? -1 : 1;
        pose.hands[i] = {side * 0.17, height, forwards + 0.02 + 0.08 * share};
        // The feet take turns: one is ahead while the other one steps past it.
        const double stride = i == side_ ? std::floor((step + 1) / 2.0) * 2 : std::floor(step / 2.0) * 2 + 1;
        pose.feet[i] = {side * 0.1, 0.07, way * (stride - 0.5) / 4 - 0.52};
        const bool lifted = (step % 2 == 1) == (i == side_) && step > 0 && step < 4;
        if (lifted) pose.feet[i] += Point3d(0, 0.05, -0.12);
      }
      c.movement.key(share, pose);
    }
    return c;
  }

  Choreography wave() {
    Choreography c;
    c.turn = turned(0, 35);
    c.seconds = 1.6;
    const std::size_t hand = side_;
    const double s = sign();
    const double height = near(1.62, 0.1);
    const double width = near(1, 0.1);
    const double right = (s > 0 ? 0.62 : 0.14) * width;
    const double left = (s > 0 ? -0.14 : -0.62) * width;
    const double bow = near(0.1, 0.04);
    const auto with_hand = [&](double x, double y, double lean) {
      Pose pose = standing_;
      pose.hands[hand] = {x, y, 0.27};
      pose.spine = {0.03, lean, lean};
      return pose;
    };
    c.movement.key(0, standing_);
    c.movement.key(0.28, with_hand(right, height, 0.08));
    c.movement.key(0.5, with_hand((right + left) / 2, height + bow, 0));
    c.movement.key(0.72, with_hand(left, height, -0.08));
    c.movement.key(1, standing_);
    return c;
  }

  Choreography throwing() {
    Choreography c;
    c.prop = PropKind::ball;
    c.turn = turned(45, 85);
    c.seconds = 1.4;
    c.middle = {0, 0.95, 0.35};
    const std::size_t hand = side_;
    const std::size_t other = 1 - hand;
    const double s = sign();
    Pose ready = standing_;
    ready.hands[hand] = {s * 0.12, 1.08, 0.3};
    ready.hands[other] = {-s * 0.12, 1.05, 0.28};
    Pose back = standing_;
    back.hands[hand] = {s * 0.42, near(1.6, 0.06), -0.22};
    back.hands[other] = {-s * 0.18, 1.3, 0.42};
    back.spine = {-0.14, 0, s * 0.45};
    back.pelvis.z -= 0.06;
    back.feet[other] += Point3d(0, 0, 0.2);
    back.feet[hand] += Point3d(0, 0, -0.12);
    Pose release = back;
    release.hands[hand] = {s * 0.2, near(1.68, 0.05), 0.48};
    release.hands[other] = {-s * 0.25, 1.0, 0.1};
    release.spine = {0.22, 0, -s * 0.25};
    release.pelvis.z += 0.14;
    Pose after = release;
    after.hands[hand] = {s * 0.08, 1.05, 0.5};
    after.spine = {0.3, 0, -s * 0.3};
    Pose end = after;
    end.hands[hand] = {s * 0.2, 0.95, 0.25};
    end.spine = {0.1, 0, 0};
    c.movement.key(0, ready);
    c.movement.key(0.28, back);
    c.movement.key(0.46, release);
    c.movement.key(0.66, after);
    c.movement.key(1, end);
    c.hold = {
        .from = 0, .to = 0.45, .offset = {0, 0.05, 0.05}, .speed = {0, near(0.9, 0.4), 6}, .gravity = 7};
    c.hold.hands[hand] = 1;
    return c;
  }

  Choreography opening() {
    constexpr std::array<PropKind, 3> kIndoors{PropKind::chest, PropKind::cupboard, PropKind::curtain};
    constexpr std::array<PropKind, 3> kOutdoors{PropKind::chest, PropKind::gate, PropKind::gate};
    Choreography c;
    c.prop = (outdoors_ ? kOutdoors : kIndoors)[random_.below(kIndoors.size())];
    c.turn = c.prop == PropKind::chest ? turned(10, 60) : random_.uniform(-25, 25) * std::numbers::pi / 180;
    c.seconds = 1.7;
    c.middle = {c.prop == PropKind::chest ? 0 : 0.25, 0.88, c.prop == PropKind::chest ? 0.2 : 0};
    const bool both = c.prop == PropKind::chest;
    const auto with_handle = [&](double opened) {
      Pose pose = standing_;
      pose.opened = opened;
      pose.hands[1] = handle_of(c.prop, opened);
      if (both) {
        pose.hands[0] = pose.hands[1] - Point3d(0.24, 0, 0);
        pose.spine[0] = 0.28;
        pose.nod = 0.15;
      } else {
        pose.spine = {0.03, 0.06 + 0.06 * opened, 0.25};
      }
      return pose;
    };
    c.movement.key(0, standing_);
    for (int step = 0; step <= 4; ++step) c.movement.key(0.24 + 0.13 * step, with_handle(step / 4.0));
    Pose end = standing_;
    end.opened = 1;
    c.movement.key(1, end);
    return c;
  }

  Choreography picking() {
    Choreography c;
    constexpr std::array<PropKind, 3> kCarried{PropKind::bag, PropKind::box, PropKind::ball};
    c.prop = kCarried[random_.below(kCarried.size())];
    c.turn = turned(10, 80);
    c.seconds = 1.6;
    c.middle = {0, 0.82, 0.15};
    const double grip = c.prop == PropKind::bag ? 0.26 : 0.16;
    const bool one_hand = c.prop == PropKind::bag;
    Pose down = standing_;
    down.pelvis = {0, near(0.62, 0.05), -0.26};
    down.spine[0] = near(1.02, 0.06);
    down.nod = -0.4;
    Pose up = standing_;
    for (std::size_t i = 0; i < 2; ++i) {
      const double side = i == 0 ? -1 : 1;
      down.hands[i] = {side * 0.13, grip, 0.34};
      up.hands[i] = {side * 0.13, near(1.12, 0.02), 0.3};
    }
    if (one_hand) {
      const std::size_t other = 1 - side_;
      down.hands[side_].x = sign() * 0.05;
      down.hands[other] = {-sign() * 0.2, 0.6, 0.2};
      up.hands[other] = standing_.hands[other];
      up.hands[side_] = {sign() * 0.22, 1.12, 0.3};
    } else {
      up.hands[1].y = up.hands[0].y;
    }
    c.hold = {.from = 0.5, .to = 1, .hands = {0.5, 0.5}};
    if (one_hand) {
      c.hold.hands = {0, 0};
      c.hold.hands[side_] = 1;
    }
    if (one_hand) c.hold.offset = {0, -0.17, 0};
    c.movement.key(0, standing_);
    c.movement.key(0.45, down);
    c.movement.key(0.55, down);
    c.movement.key(1, up);
    return c;
  }

  Choreography arms() {
    Choreography c;
    c.turn = turned(0, 60);
    c.seconds = 1.3;
    c.middle = {0, 0.95, 0};
    const bool forwards = random_.chance(0.4);
    const double apart = random_.uniform(0.1, 0.4);
    Pose half = standing_;
    Pose high = standing_;
    for (std::size_t i = 0; i < 2; ++i) {
      const double side = i == 0 ? -1 : 1;
      half.hands[i] = forwards ? Point3d(side * 0.22, 1.4, 0.58) : Point3d(side * 0.76, 1.4, 0.08);
      high.hands[i] = {side * apart, near(1.95, 0.03), 0.06};
    }
    high.nod = -0.15;
    c.movement.key(0, standing_);
    c.movement.key(0.5, half);
    c.movement.key(1, high);
    return c;
  }

  Random& random_;
  bool outdoors_;
  std::size_t side_;  // the hand that acts
  Pose standing_;
};

}  // namespace

Point3d Choreography::prop_at(double phase) const {
  const auto held_at = [this](double moment) {
    const Pose pose = movement.at(moment);
    Point3d at = pose.hands[0] * hold.hands[0] + pose.hands[1] * hold.hands[1] + hold.offset;
    if (hold.floor >= 0) at.y = hold.floor;
    return at;
  };
  if (phase <= hold.from) return held_at(hold.from);
  if (phase <= hold.to) return held_at(phase);
  const double since = phase - hold.to;
  return held_at(hold.to) + hold.speed * since - Point3d(0, hold.gravity * since * since / 2, 0);
}

Choreography choreograph(ActionPair pair, Random random, bool outdoors) {
  return Choreographer(random, outdoors).make(pair);
}

Point3d handle_of(PropKind prop, double opened) {
  switch (prop) {
    case PropKind::chest: {  // the lid's front edge, about a hinge at its back
      const double angle = opened * 1.75;
      return {0.12, 0.84 + 0.34 * std::sin(angle), 0.58 - 0.34 * std::cos(angle)};
    }
    case PropKind::cupboard:  // the door's outer edge, about a hinge at the far side
    case PropKind::gate: {
      const double angle = opened * 1.3;
      const double height = prop == PropKind::gate ? 1.02 : 1.18;
      return {0.7 - 0.4 * std::cos(angle), height, 0.06 + 0.4 * std::sin(angle)};
    }
    case PropKind::curtain:
      return {0.1 + 0.55 * opened, 1.42, 0.16};
    default:
      return {};
  }
}

}  // namespace actionflow
