#include "datasets/synthetic/hands/finger_motion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace actionflow {

using cv::Point2d;

namespace {

// Of a stream.
constexpr double kOthers = 0.3, kLeaves = 0.2;  // of movements that are of no class; of pauses without a hand
// Of a hand that goes to where it will draw, heights a second: slower than the slowest stroke, else nobody
// could tell the two apart.
constexpr double kSlowest = 0.04, kFastest = 0.1;

constexpr double kLongest = 12;  // seconds, for the wobble's measure

ShakePath wobble(Random& random) {
  const double reach = random.chance(0.15) ? random.uniform(0.02, 0.035) : random.uniform(0.002, 0.014);
  return {random, reach, kLongest};
}

Point2d beside(Point2d from, Random& random) {
  return from + Point2d(random.uniform(-0.09, 0.09), random.uniform(-0.07, 0.07));
}

double eased(double share, double ease) {
  return (1 - ease) * share + ease * share * share * (3 - 2 * share);
}

// A stroke by its length, bent to one side as an arm that turns about its elbow bends it.
class Ruler {
 public:
  Ruler(const Stroke& stroke, double bend) : stroke_(stroke) {
    const Point2d chord = stroke.back() - stroke.front();
    bend_ = Point2d(-chord.y, chord.x) * bend;
    lengths_.push_back(0);
    for (std::size_t i = 1; i < stroke.size(); ++i)
      lengths_.push_back(lengths_.back() + cv::norm(stroke[i] - stroke[i - 1]));
  }

  double length() const { return lengths_.back(); }

  Point2d at(double share) const {
    const double wanted = share * lengths_.back();
    std::size_t i = 1;
    while (i + 1 < lengths_.size() && lengths_[i] < wanted) ++i;
    const double part = (wanted - lengths_[i - 1]) / std::max(1e-9, lengths_[i] - lengths_[i - 1]);
    return stroke_[i - 1] + (stroke_[i] - stroke_[i - 1]) * part + bend_ * std::sin(std::numbers::pi * share);
  }

 private:
  const Stroke& stroke_;
  Point2d bend_;
  std::vector<double> lengths_;
};

}  // namespace

FingerMotion::FingerMotion(std::size_t gesture, Random random, double aspect, Point2d arm)
    : wobble_(wobble(random)) {
  const Drawing drawing = draw_gesture(gesture, random);
  place(random, gesture, aspect);
  const bool still = drawing.strokes.empty();
  const Point2d first = still ? box_.middle : placed(drawing.strokes.front().front());
  const auto outside = [&](Point2d from) { return from + arm * random.uniform(0.9, 1.2); };
  const auto pause = [&] { return random.chance(0.3) ? 0.04 : random.uniform(0.05, 0.35) * drawing.seconds; };
  const double entering = random.uniform_double();
  const double share_outside = still ? 0.5 : 0.14;
  if (entering < share_outside) {
    path_ = {outside(first)};
    rest(random.uniform(0, 0.3));
    travel(first, random.uniform(0.3, 0.9));
    rest(random.uniform(0.15, 0.5));
  } else if (entering < share_outside + 0.15) {
    path_ = {beside(first, random)};
    rest(random.uniform(0, 0.3));
    travel(first, random.uniform(0.4, 1.2));
  } else {
    path_ = {first};
    rest(std::min(1.4, pause()));
  }
  const double begin = seconds();
  if (still)
    wander(first, drawing.seconds, random);
  else
    draw(drawing, random);
  drawn_ = {{gesture, begin, seconds()}};
  const double leaving = random.uniform_double();
  if (leaving < share_outside) {
    rest(random.uniform(0.1, 0.4));
    travel(outside(path_.back()), random.uniform(0.3, 0.9));
    rest(random.uniform(0, 0.3));
  } else if (leaving < share_outside + 0.15) {
    rest(random.uniform(0.05, 0.3));
    travel(beside(path_.back(), random), random.uniform(0.4, 1.2));
  } else {
    rest(std::min(1.4, pause()));
  }
  smooth(random.uniform(0.02, 0.14));
}

FingerMotion FingerMotion::stream(double seconds, Random random, double aspect, Point2d arm) {
  FingerMotion motion(wobble(random));
  while (motion.path_.empty() || motion.seconds() < seconds) {
    const bool other = random.chance(kOthers);
    const std::size_t gesture = other ? kGestures.size() - 1 : random.below(kGestureClasses);
    motion.add_gesture(gesture, seconds, random, aspect, arm);
  }
  motion.smooth(random.uniform(0.02, 0.14));
  return motion;
}

// Goes there, draws it and rests. One that would not be over by `latest` is not drawn.
void FingerMotion::add_gesture(std::size_t gesture, double latest, Random& random, double aspect,
                               Point2d arm) {
  const Drawing drawing = draw_gesture(gesture, random);
  place(random, gesture, aspect);
  const bool still = drawing.strokes.empty();
  const auto first_of = [&] { return still ? box_.middle : placed(drawing.strokes.front().front()); };
  if (path_.empty()) {
    path_ = {first_of()};
  } else if (random.chance(kLeaves)) {
    leave_for(first_of(), random, arm);
  } else {
    // A hand that crossed the picture fast would draw a stroke: it draws where it is, or goes there slowly.
    place_near(beside(path_.back(), random), first_of, gesture, random, aspect);
    const Point2d first = first_of();
    travel(first, std::max(0.3, cv::norm(first - path_.back()) / random.uniform(kSlowest, kFastest)));
  }
  const Point2d first = path_.back();
  rest(random.uniform(0.2, 1.2));
  const double begin = seconds();
  if (begin + 1.5 * drawing.seconds > latest) return rest(std::max(0.0, latest - begin) + 1 / kSteps);
  if (still)
    wander(first, drawing.seconds, random);
  else
    draw(drawing, random);
  if (gesture < kGestureClasses) drawn_.push_back({gesture, begin, seconds()});
  rest(random.uniform(0.2, 1.2));
}

// Out of the picture, and in again.
void FingerMotion::leave_for(Point2d first, Random& random, Point2d arm) {
  const auto outside = [&](Point2d from) { return from + arm * random.uniform(0.9, 1.2); };
  travel(outside(path_.back()), random.uniform(0.3, 0.9));
  rest(random.uniform(0.2, 3));
  path_.push_back(outside(first));
  travel(first, random.uniform(0.3, 0.9));
}

// As small a way from `hand` to where it is drawn as a few tries give, all of it in the picture.
void FingerMotion::place_near(Point2d hand, const std::function<Point2d()>& first, std::size_t gesture,
                              Random& random, double aspect) {
  constexpr int kTries = 24;
  Box best;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i) {
    place(random, gesture, aspect);
    const Point2d middle = box_.middle + hand - first();
    const Point2d room(box_.size.x + 0.03, box_.size.y + 0.03);
    box_.middle = {std::clamp(middle.x, room.x, aspect - room.x),
                   std::clamp(middle.y, room.y, 0.85 - room.y)};
    const double way = cv::norm(first() - hand);
    if (way >= least) continue;
    least = way;
    best = box_;
  }
  box_ = best;
}

void FingerMotion::wander(Point2d about, double seconds, Random& random) {
  for (int i = 0; i < 3; ++i) travel(random.chance(0.5) ? beside(path_.back(), random) : about, seconds / 3);
}

void FingerMotion::place(Random& random, std::size_t gesture, double aspect) {
  const bool upright = gesture < 2, level = gesture == 2 || gesture == 3;
  // A slanting stroke of no class must not look like a level one.
  const double flattest = gesture < kGestureClasses ? 0.5 : 0.75;
  box_.size.x = upright ? random.uniform(0.02, 0.1) : aspect * random.uniform(0.12, 0.36);
  box_.size.y = upright ? random.uniform(0.12, 0.33)
                : level ? random.uniform(0.02, 0.1)
                        : std::clamp(box_.size.x * random.uniform(flattest, 1.4), 0.13, 0.33);
  // Whole drawings stay in the picture mostly, though low corners may slip out of it.
  const double side = std::max(0.02, 0.47 * aspect - box_.size.x);
  box_.middle.x =
      aspect * 0.47 + std::clamp(0.5 * random.normal(), -1.0, 1.0) * std::min(side, 0.23 * aspect);
  const double top = box_.size.y + 0.04;
  box_.middle.y = top + random.uniform_double() * std::max(0.05, 0.78 - box_.size.y - top);
  box_.tilt = random.chance(0.5) ? 0 : random.uniform(-0.26, 0.26);
  // What is flat would slant.
  if (!upright && !level)
    box_.tilt *= std::min(box_.size.x, box_.size.y) / std::max(box_.size.x, box_.size.y);
}

Point2d FingerMotion::placed(Point2d p) const {
  const Point2d sized(p.x * box_.size.x, p.y * box_.size.y);
  const double c = std::cos(box_.tilt), s = std::sin(box_.tilt);
  return box_.middle + Point2d(c * sized.x - s * sized.y, s * sized.x + c * sized.y);
}

void FingerMotion::travel(Point2d to, double seconds) {
  const Point2d from = path_.back();
  const int steps = std::max(1, static_cast<int>(seconds * kSteps));
  for (int i = 1; i <= steps; ++i)
    path_.push_back(from + (to - from) * eased(static_cast<double>(i) / steps, 1));
}

void FingerMotion::draw(const Drawing& drawing, Random& random) {
  const double ease = random.uniform(0.2, 1);
  const double halt = random.chance(0.3) ? random.uniform(0, 0.15) : 0;
  std::vector<Ruler> rulers;
  std::vector<double> weights;
  double sum = 0;
  for (const Stroke& stroke : drawing.strokes) {
    const bool straight = stroke.size() == 2;
    rulers.emplace_back(stroke, straight ? random.uniform(-0.06, 0.06) : 0);
    weights.push_back(std::pow(rulers.back().length(), 0.8) * random.uniform(0.75, 1.3));
    sum += weights.back();
  }
  for (std::size_t i = 0; i < rulers.size(); ++i) {
    const int steps = std::max(4, static_cast<int>(drawing.seconds * weights[i] / sum * kSteps));
    for (int k = 1; k <= steps; ++k)
      path_.push_back(placed(rulers[i].at(eased(static_cast<double>(k) / steps, ease))));
    if (i + 1 < rulers.size()) rest(halt * random.uniform_double());
  }
}

// Twice the mean over as long a time: corners become round, starts and stops soft.
void FingerMotion::smooth(double seconds) {
  const int reach = static_cast<int>(seconds * kSteps / 2);
  const int last = static_cast<int>(path_.size()) - 1;
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<Point2d> smoothed(path_.size());
    for (int i = 0; i <= last; ++i) {
      Point2d sum(0, 0);
      for (int k = i - reach; k <= i + reach; ++k)
        sum += path_[static_cast<std::size_t>(std::clamp(k, 0, last))];
      smoothed[static_cast<std::size_t>(i)] = sum / (2 * reach + 1);
    }
    path_ = std::move(smoothed);
  }
}

Point2d FingerMotion::at(double seconds) const {
  const double step = std::clamp(seconds * kSteps, 0.0, static_cast<double>(path_.size() - 1));
  const auto i = std::min(static_cast<std::size_t>(step), path_.size() - 2);
  const ShakePath::Offset off = wobble_.at(seconds);
  return path_[i] + (path_[i + 1] - path_[i]) * (step - static_cast<double>(i)) + Point2d(off.x, off.y);
}

}  // namespace actionflow
