#include "datasets/synthetic/props.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

using cv::Point2d;
using cv::Point3d;
using cv::Scalar;

namespace {

class PropDrawing {
 public:
  PropDrawing(Layers& layers, const SceneView& view, const PropLook& look)
      : layers_(layers), view_(view), look_(look) {}

  void add(const Choreography& choreography, double phase) {
    const double opened = choreography.movement.at(phase).opened;
    switch (choreography.prop) {
      case PropKind::none:
        return;
      case PropKind::chair:
      case PropKind::stool:
        return chair(choreography.prop == PropKind::chair);
      case PropKind::crate:
      case PropKind::trolley:
        return loaded(choreography.prop_at(phase), choreography.prop == PropKind::trolley);
      case PropKind::ball:
        return ball(choreography.prop_at(phase));
      case PropKind::bag:
        return bag(choreography.prop_at(phase));
      case PropKind::box: {
        const Point3d at = choreography.prop_at(phase);
        return slab(at - Point3d(0.13, 0.12, 0.1), at + Point3d(0.13, 0.12, 0.14), look_.color, 0.05);
      }
      case PropKind::chest:
        return chest(opened);
      case PropKind::cupboard:
        return cupboard(opened);
      case PropKind::curtain:
        return curtain(opened);
    }
  }

 private:
  // A flat piece; `toward` moves it nearer for the order of drawing.
  void sheet(std::vector<Point3d> corners, const Scalar& color, double toward = 0) {
    std::vector<Point2d> flat;
    double nearness = 0;
    for (const Point3d& corner : corners) {
      const auto projected = view_.project(corner);
      flat.push_back(projected.at);
      nearness += projected.nearness / static_cast<double>(corners.size());
    }
    layers_.add(nearness + toward, [flat, color](Canvas& canvas) { canvas.polygon(flat, color); });
  }

  // A block along the axes, drawn whole: its visible faces have different light.
  void slab(Point3d low, Point3d high, const Scalar& color, double toward = 0) {
    const auto corner = [&](int x, int y, int z) {
      return Point3d(x ? high.x : low.x, y ? high.y : low.y, z ? high.z : low.z);
    };
    struct Face {
      std::array<std::array<int, 3>, 4> corners;
      double light;
    };
    static const std::array<Face, 5> kFaces{{{{{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}}}, 0.8},
                                             {{{{0, 0, 1}, {1, 0, 1}, {1, 1, 1}, {0, 1, 1}}}, 0.92},
                                             {{{{0, 0, 0}, {0, 0, 1}, {0, 1, 1}, {0, 1, 0}}}, 0.72},
                                             {{{{1, 0, 0}, {1, 0, 1}, {1, 1, 1}, {1, 1, 0}}}, 1.0},
                                             {{{{0, 1, 0}, {1, 1, 0}, {1, 1, 1}, {0, 1, 1}}}, 1.15}}};
    std::vector<std::pair<double, std::pair<std::vector<Point2d>, Scalar>>> faces;
    for (const Face& face : kFaces) {
      std::vector<Point2d> flat;
      double nearness = 0;
      for (const auto& [x, y, z] : face.corners) {
        const auto projected = view_.project(corner(x, y, z));
        flat.push_back(projected.at);
        nearness += projected.nearness;
      }
      faces.push_back({nearness, {flat, shade(color, face.light)}});
    }
    std::sort(faces.begin(), faces.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    layers_.add(view_.project((low + high) * 0.5).nearness + toward, [faces](Canvas& canvas) {
      for (const auto& [nearness, face] : faces) canvas.polygon(face.first, face.second);
    });
  }

  void bar(Point3d a, Point3d b, double thick, const Scalar& color, double toward = 0) {
    const auto from = view_.project(a);
    const auto to = view_.project(b);
    layers_.add((from.nearness + to.nearness) / 2 + toward, [=](Canvas& canvas) {
      canvas.limb(from.at, to.at, thick * from.size, thick * to.size, color);
    });
  }

  void chair(bool with_back) {
    for (const double x : {-0.2, 0.2}) {
      for (const double z : {-0.52, -0.14})
        bar({x, 0, z}, {x, 0.42, z}, 0.045, shade(look_.color, 0.75), -0.1);
    }
    slab({-0.23, 0.4, -0.56}, {0.23, 0.455, -0.1}, look_.color, -0.12);
    if (!with_back) return;
    for (const double x : {-0.2, 0.2})
      bar({x, 0.42, -0.55}, {x, 0.95, -0.6}, 0.045, shade(look_.color, 0.85));
    slab({-0.23, 0.62, -0.6}, {0.23, 0.95, -0.56}, look_.color);
  }

  void loaded(Point3d at, bool trolley) {
    const Point3d low = at + Point3d(-0.3, trolley ? 0.14 : 0.0, 0.02);
    slab(low, at + Point3d(0.3, trolley ? 0.72 : 1.12, 0.56), look_.color);
    if (!trolley) {
      sheet({at + Point3d(0.305, 0.4, 0.02), at + Point3d(0.305, 0.4, 0.56), at + Point3d(0.305, 0.6, 0.56),
             at + Point3d(0.305, 0.6, 0.02)},
            look_.accent, view_.turn < 0 ? 0.05 : -0.6);
      sheet({at + Point3d(-0.305, 0.4, 0.02), at + Point3d(-0.305, 0.4, 0.56),
             at + Point3d(-0.305, 0.6, 0.56), at + Point3d(-0.305, 0.6, 0.02)},
            look_.accent, view_.turn > 0 ? 0.05 : -0.6);
      return;
    }
    for (const double x : {-0.24, 0.24}) {
      bar(at + Point3d(x, 0.6, 0.02), at + Point3d(x, 1.04, -0.02), 0.035, {70, 72, 78});
      for (const double z : {0.1, 0.48}) wheel(at + Point3d(x, 0.08, z));
    }
    bar(at + Point3d(-0.24, 1.04, -0.02), at + Point3d(0.24, 1.04, -0.02), 0.035, {70, 72, 78});
  }

  void wheel(Point3d at) {
    const auto projected = view_.project(at);
    layers_.add(projected.nearness, [projected](Canvas& canvas) {
      canvas.disc(projected.at, 0.08 * projected.size, {34, 34, 38});
      canvas.disc(projected.at, 0.03 * projected.size, {150, 150, 154});
    });
  }

  void ball(Point3d at) {
    const auto projected = view_.project(at);
    layers_.add(projected.nearness + 0.12, [projected, look = look_](Canvas& canvas) {
      canvas.disc(projected.at, 0.13 * projected.size, look.color);
      canvas.disc(projected.at + Point2d(-0.03, -0.04) * projected.size, 0.06 * projected.size,
                  shade(look.color, 1.25));
      canvas.limb(projected.at + Point2d(-0.1, 0.03) * projected.size,
                  projected.at + Point2d(0.1, 0.03) * projected.size, 0.025, 0.025, look.accent);
    });
  }

  void bag(Point3d at) {
    slab(at - Point3d(0.07, 0.09, 0.16), at + Point3d(0.07, 0.11, 0.16), look_.color, 0.04);
    bar(at + Point3d(0, 0.1, -0.09), at + Point3d(0, 0.18, -0.03), 0.03, look_.accent, 0.05);
    bar(at + Point3d(0, 0.1, 0.09), at + Point3d(0, 0.18, 0.03), 0.03, look_.accent, 0.05);
    bar(at + Point3d(0, 0.18, -0.03), at + Point3d(0, 0.18, 0.03), 0.03, look_.accent, 0.05);
  }

  void chest(double opened) {
    for (const double x : {-0.34, 0.34}) {
      for (const double z : {0.24, 0.6}) bar({x, 0, z}, {x, 0.56, z}, 0.05, shade(look_.accent, 0.6), -0.03);
    }
    slab({-0.38, 0.54, 0.2}, {0.38, 0.59, 0.64}, shade(look_.accent, 0.75));
    slab({-0.3, 0.59, 0.24}, {0.3, 0.82, 0.58}, look_.color, 0.01);
    sheet({{-0.27, 0.823, 0.26}, {0.27, 0.823, 0.26}, {0.27, 0.823, 0.56}, {-0.27, 0.823, 0.56}},
          shade(look_.color, 0.3), 0.02);
    const Point3d edge = handle_of(PropKind::chest, opened) - Point3d(0.12, 0.01, 0);
    sheet({{-0.31, 0.83, 0.58}, {0.31, 0.83, 0.58}, edge + Point3d(0.31, 0, 0), edge - Point3d(0.31, 0, 0)},
          shade(look_.color, 1.2), 0.03);
    bar(edge - Point3d(0.31, 0, 0), edge + Point3d(0.31, 0, 0), 0.05, shade(look_.color, 0.9), 0.04);
  }

  void cupboard(double opened) {
    const Point3d hinge(0.34, 0, 0.02);
    slab({0.32, 0.0, -0.36}, {0.74, 1.7, 0.0}, look_.color, -0.2);
    sheet({{0.35, 0.06, 0}, {0.71, 0.06, 0}, {0.71, 1.64, 0}, {0.35, 1.64, 0}}, shade(look_.color, 0.25),
          -0.02);
    for (const double y : {0.45, 0.85, 1.25}) {
      sheet({{0.35, y, 0}, {0.71, y, 0}, {0.71, y + 0.03, 0}, {0.35, y + 0.03, 0}}, shade(look_.color, 0.8),
            -0.015);
      sheet({{0.42, y + 0.03, 0}, {0.62, y + 0.03, 0}, {0.62, y + 0.2, 0}, {0.42, y + 0.2, 0}}, look_.accent,
            -0.01);
    }
    const Point3d edge = handle_of(PropKind::cupboard, opened);
    const Point3d foot(edge.x + (edge.x - hinge.x) * 0.03, 0.05, edge.z + (edge.z - hinge.z) * 0.03);
    sheet({{hinge.x, 0.05, hinge.z}, foot, {foot.x, 1.66, foot.z}, {hinge.x, 1.66, hinge.z}},
          shade(look_.color, 1.15 - 0.25 * opened));
    const Point3d knob = edge - (edge - Point3d(hinge.x, edge.y, hinge.z)) * 0.1 - Point3d(0, 0.12, 0);
    bar(knob, knob + Point3d(0, 0.14, 0), 0.035, {60, 58, 54}, 0.03);
  }

  void curtain(double opened) {
    const double edge = handle_of(PropKind::curtain, opened).x;
    constexpr double kEnd = 0.98, kBack = -0.12;
    sheet({{0.06, 0.75, kBack}, {1.0, 0.75, kBack}, {1.0, 1.78, kBack}, {0.06, 1.78, kBack}}, {236, 234, 226},
          -0.6);
    for (const double x : {0.1, 0.55}) {
      sheet({{x, 0.8, kBack}, {x + 0.41, 0.8, kBack}, {x + 0.41, 1.74, kBack}, {x, 1.74, kBack}},
            {150, 190, 224}, -0.55);
      sheet({{x, 0.8, kBack}, {x + 0.41, 0.8, kBack}, {x + 0.41, 1.1, kBack}, {x, 1.02, kBack}},
            {92, 132, 88}, -0.54);
    }
    constexpr int kFolds = 7;
    const double fold = (kEnd - edge) / kFolds;
    for (int i = 0; i < kFolds; ++i) {
      const double x = edge + fold * i;
      const double mid = x + fold / 2;
      sheet({{x, 0.35, kBack + 0.04},
             {mid, 0.35, kBack + 0.08},
             {mid, 1.84, kBack + 0.08},
             {x, 1.84, kBack + 0.04}},
            look_.color, -0.1);
      sheet({{mid, 0.35, kBack + 0.08},
             {x + fold, 0.35, kBack + 0.04},
             {x + fold, 1.84, kBack + 0.04},
             {mid, 1.84, kBack + 0.08}},
            shade(look_.color, 0.8), -0.1);
    }
    bar({-0.02, 1.86, kBack + 0.06}, {1.06, 1.86, kBack + 0.06}, 0.04, {84, 66, 50}, -0.08);
  }

  Layers& layers_;
  const SceneView& view_;
  const PropLook& look_;
};

}  // namespace

PropLook::PropLook(Random random) {
  const double hue = random.uniform(0, 6.2832);
  const double light = random.uniform(90, 185);
  const double strength = random.uniform(0.1, 0.6);
  color = {light * (1 + strength * std::cos(hue)), light * (1 + strength * std::cos(hue - 2.094)),
           light * (1 + strength * std::cos(hue + 2.094))};
  accent = {235 - color[0] * 0.7, 235 - color[1] * 0.7, 235 - color[2] * 0.7};
}

void add_prop(Layers& layers, const SceneView& view, const Choreography& choreography, const PropLook& look,
              double phase) {
  PropDrawing(layers, view, look).add(choreography, phase);
}

}  // namespace actionflow
