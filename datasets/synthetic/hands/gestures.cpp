#include "datasets/synthetic/hands/gestures.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace actionflow {

using cv::Point2d;

namespace {

using Points = std::vector<Point2d>;

std::vector<Stroke> joined(const Points& corners) {
  std::vector<Stroke> strokes;
  for (std::size_t i = 1; i < corners.size(); ++i) strokes.push_back({corners[i - 1], corners[i]});
  return strokes;
}

// One stroke round the middle; angles in radians, growing clockwise, 0 to the right.
Stroke arc(double from, double to) {
  Stroke stroke;
  constexpr int kSteps = 48;
  for (int i = 0; i <= kSteps; ++i) {
    const double angle = from + (to - from) * i / kSteps;
    stroke.emplace_back(std::cos(angle), std::sin(angle));
  }
  return stroke;
}

class Drawer {
 public:
  explicit Drawer(Random& random) : random_(random) {}

  std::vector<Stroke> draw(std::size_t gesture) {
    switch (gesture) {
      case 0:
        return joined({{near(0, 0.25), 1}, {near(0, 0.25), -1}});
      case 1:
        return joined({{near(0, 0.25), -1}, {near(0, 0.25), 1}});
      case 2:
        return joined({{1, near(0, 0.25)}, {-1, near(0, 0.25)}});
      case 3:
        return joined({{-1, near(0, 0.25)}, {1, near(0, 0.25)}});
      case 4:
        return joined(star());
      case 5:
        return joined(del());
      case 6:
        return joined(square());
      case 7:
        return joined(caret());
      case 8:
        return joined(tick());
      case 9: {
        const double from = near(-0.2, 0.7);
        return {arc(from, from - 2 * std::numbers::pi * random_.uniform(0.93, 1.15))};
      }
      default:
        return other();
    }
  }

 private:
  double near(double middle, double spread) { return middle + random_.uniform(-spread, spread); }

  Points loosely(Points corners, double spread) {
    for (Point2d& corner : corners) corner += Point2d(near(0, spread), near(0, spread));
    return corners;
  }

  Points star() {
    return loosely({{-0.65, 1}, {0, -1}, {0.65, 1}, {-1, -0.25}, {1, -0.25}, {-0.65, 1}}, 0.12);
  }
  Points del() { return loosely({{-1, -1}, {0.95, 1}, {-0.95, 1}, {1, -1}}, 0.12); }
  Points square() { return loosely({{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}}, 0.1); }
  Points caret() { return {{-1, near(0.9, 0.15)}, {near(0, 0.2), -1}, {1, near(0.9, 0.15)}}; }
  Points tick() { return {{-1, random_.uniform(-1, 0.3)}, {random_.uniform(-0.55, -0.05), 1}, {1, -1}}; }

  std::vector<Stroke> other() {
    switch (random_.below(12)) {
      case 0:
        return {curve()};
      case 1:
        return joined(zigzag());
      case 2:
        return {wave()};
      case 3: {
        const double from = random_.uniform(-std::numbers::pi, std::numbers::pi);
        return {arc(from, from + 2 * std::numbers::pi * random_.uniform(0.9, 1.3))};
      }
      case 4:
      case 5:
        return {};
      case 6:
        return joined(triangle());
      case 7:
        return joined(letter());
      case 8:
        return joined(part());
      case 9:
        return joined(there_and_back());
      case 10:
        return joined(reversed());
      default:
        return {loop()};
    }
  }

  Stroke curve() {
    Stroke stroke;
    const double reach = random_.uniform(0.5, 1.1);
    std::array<double, 6> phase{}, weight{};
    for (double& p : phase) p = random_.uniform(0, 2 * std::numbers::pi);
    for (double& w : weight) w = random_.uniform(0.2, 1);
    const double turns = random_.uniform(0.9, 1.6);
    for (double t = 0; t <= 1.0001; t += 0.02) {
      Point2d at(0, 0);
      for (std::size_t i = 0; i < 3; ++i) {
        const double angle = 2 * std::numbers::pi * t * turns * (0.5 + 0.5 * static_cast<double>(i));
        at += Point2d(weight[i] * std::sin(angle + phase[i]), weight[i + 3] * std::sin(angle + phase[i + 3]));
      }
      stroke.push_back(at * (0.6 * reach));
    }
    return stroke;
  }

  Points zigzag() {
    const int teeth = 4 + static_cast<int>(random_.below(4));
    const bool upright = random_.chance(0.35);
    const double way = random_.chance(0.5) ? 1 : -1;
    Points corners;
    for (int i = 0; i <= teeth; ++i) {
      const Point2d at(way * (2.0 * i / teeth - 1), i % 2 == 0 ? near(0.8, 0.2) : near(-0.8, 0.2));
      corners.push_back(upright ? Point2d(at.y, at.x) : at);
    }
    return corners;
  }

  Stroke wave() {
    Stroke stroke;
    const double waves = random_.uniform(1.8, 3.5);
    const double way = random_.chance(0.5) ? 1 : -1;
    const bool upright = random_.chance(0.3);
    for (double t = 0; t <= 1.0001; t += 0.0125) {
      const Point2d at(way * (2 * t - 1), 0.6 * std::sin(2 * std::numbers::pi * waves * t));
      stroke.push_back(upright ? Point2d(at.y, at.x) : at);
    }
    return stroke;
  }

  Points triangle() {
    Points corners{{0, -1}, {1, 1}, {-1, 1}};
    if (random_.chance(0.5)) std::swap(corners[1], corners[2]);
    std::rotate(corners.begin(), corners.begin() + static_cast<long>(random_.below(3)), corners.end());
    corners.push_back(corners.front());
    return loosely(corners, 0.12);
  }

  Points letter() {
    const std::array<Points, 9> letters{{
        {{-1, -1}, {1, -1}, {-1, 1}, {1, 1}},                      // Z
        {{1, -1}, {-1, -0.9}, {-1, 0}, {1, 0}, {1, 1}, {-1, 1}},   // S
        {{-0.8, -1}, {-0.8, 1}, {0.9, 1}},                         // L
        {{-1, 1}, {-0.7, -1}, {0, 0.6}, {0.7, -1}, {1, 1}},        // M
        {{-1, 1}, {-1, -1}, {1, 1}, {1, -1}},                      // N
        {{-1, -1}, {-0.5, 1}, {0, -0.6}, {0.5, 1}, {1, -1}},       // W
        {{-1, -1}, {1, -1}, {-0.2, 1}},                            // 7
        {{-0.2, -1}, {-1, 0.4}, {1, 0.4}, {0.5, -0.3}, {0.5, 1}},  // 4
        {{-1, -1}, {1, 1}, {1, -1}, {-1, 1}},                      // an hourglass that lies
    }};
    return loosely(letters[random_.below(letters.size())], 0.1);
  }

  Points part() {
    switch (random_.below(4)) {
      case 0: {
        Points corners = square();
        corners.resize(3);
        return corners;
      }
      case 1: {
        Points corners = star();
        corners.resize(4);
        return corners;
      }
      case 2: {
        Points corners = del();
        corners.resize(3);
        return corners;
      }
      default: {  // a slanting stroke
        const double across = random_.chance(0.5) ? 1 : -1;
        const double down = random_.chance(0.5) ? 1 : -1;
        return {{-across, -down}, {across, down}};
      }
    }
  }

  Points there_and_back() {
    const bool upright = random_.chance(0.5);
    const double way = random_.chance(0.5) ? 1 : -1;
    const std::size_t times = 2 + random_.below(3);
    Points corners;
    for (std::size_t i = 0; i <= times; ++i) {
      const Point2d at((i % 2 == 0 ? -1 : 1) * way, near(0, 0.12));
      corners.push_back(upright ? Point2d(at.y, at.x) : at);
    }
    return corners;
  }

  Points reversed() {
    const std::array<Points, 5> all{star(), del(), square(), caret(), tick()};
    const Points& corners = all[random_.below(all.size())];
    return {corners.rbegin(), corners.rend()};
  }

  // A figure of eight, lying or upright, or a spiral.
  Stroke loop() {
    Stroke stroke;
    const std::uint64_t kind = random_.below(3);
    const double way = random_.chance(0.5) ? 1 : -1;
    const double from = random_.uniform(0, 2 * std::numbers::pi);
    for (double t = 0; t <= 1.0001; t += 0.0125) {
      const double angle = from + way * 2 * std::numbers::pi * t;
      const Point2d eight(std::sin(angle), 0.9 * std::sin(2 * angle));
      const double wide = 0.15 + 0.85 * t;
      const Point2d spiral(wide * std::cos(2.5 * (angle - from) + from),
                           wide * std::sin(2.5 * (angle - from) + from));
      stroke.push_back(kind == 0 ? eight : kind == 1 ? Point2d(eight.y, eight.x) : spiral);
    }
    return stroke;
  }

  Random& random_;
};

double length(const Stroke& stroke) {
  double sum = 0;
  for (std::size_t i = 1; i < stroke.size(); ++i) sum += cv::norm(stroke[i] - stroke[i - 1]);
  return sum;
}

}  // namespace

Drawing draw_gesture(std::size_t gesture, Random& random) {
  Drawing drawing;
  drawing.strokes = Drawer(random).draw(gesture);
  double length_drawn = 0;
  for (const Stroke& stroke : drawing.strokes) length_drawn += length(stroke);
  const double haste = random.uniform(0, 1);  // few are as slow as they can be
  drawing.seconds = drawing.strokes.empty()
                        ? random.uniform(0.8, 3)
                        : std::pow(length_drawn / 2, 0.88) * (0.55 + 1.25 * std::pow(haste, 1.5));
  return drawing;
}

}  // namespace actionflow
