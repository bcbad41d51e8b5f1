#include "datasets/synthetic/people/props.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "datasets/synthetic/drawing/palette.h"

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
      case PropKind::gate:
        return gate(opened);
    }
  }

 private:
  // A flat piece; `toward` moves it nearer for the order of drawing.
  void sheet(const std::vector<Point3d>& corners, const Scalar& color, double toward = 0) {
    std::vector<Point2d> flat;
    flat.reserve(corners.size());
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

  // A door of upright corners, with a frame and panels that show how it stands.
  void door(double opened, double foot, double top) {
    const Point3d hinge(0.7, 0, 0.06);
    const Point3d edge = handle_of(PropKind::cupboard, opened);
    const auto at = [&](double across, double y) {
      return Point3d(hinge.x + (edge.x - hinge.x) * across, foot + (top - foot) * y,
                     hinge.z + (edge.z - hinge.z) * across);
    };
    const Scalar face = shade(look_.color, 1.12 - 0.3 * opened);
    sheet({at(0, 0), at(1, 0), at(1, 1), at(0, 1)}, shade(face, 0.72), 0.02);
    sheet({at(0.05, 0.015), at(0.95, 0.015), at(0.95, 0.985), at(0.05, 0.985)}, face, 0.021);
    for (const double y : {0.07, 0.55}) {
      sheet({at(0.2, y), at(0.8, y), at(0.8, y + 0.38), at(0.2, y + 0.38)}, shade(face, 0.8), 0.022);
      sheet({at(0.25, y + 0.02), at(0.8, y + 0.02), at(0.8, y + 0.38), at(0.25, y + 0.38)}, shade(face, 1.06),
            0.023);
    }
  }

  void cupboard(double opened) {
    slab({0.26, 0.0, -0.4}, {0.74, 1.72, 0.0}, shade(look_.color, 0.9), -0.2);
    sheet({{0.3, 0.06, 0}, {0.7, 0.06, 0}, {0.7, 1.66, 0}, {0.3, 1.66, 0}}, {34, 28, 24}, -0.04);
    for (const double y : {0.06, 0.46, 0.86, 1.26}) {
      sheet({{0.3, y, 0}, {0.7, y, 0}, {0.7, y + 0.035, 0}, {0.3, y + 0.035, 0}}, shade(look_.color, 0.75),
            -0.035);
      sheet({{0.35, y + 0.035, 0}, {0.48, y + 0.035, 0}, {0.48, y + 0.25, 0}, {0.35, y + 0.25, 0}},
            look_.accent, -0.03);
      sheet({{0.52, y + 0.035, 0}, {0.66, y + 0.035, 0}, {0.66, y + 0.16, 0}, {0.52, y + 0.16, 0}},
            shade(look_.accent, 0.7), -0.03);
    }
    door(opened, 0.05, 1.67);
    knob(PropKind::cupboard, opened);
  }

  void knob(PropKind prop, double opened) {
    const Point3d at = handle_of(prop, opened);
    bar(at - Point3d(0, 0.07, 0), at + Point3d(0, 0.07, 0), 0.04, {52, 50, 48}, 0.05);
  }

  void pickets(double from, double to, const std::function<Point3d(double, double)>& at, const Scalar& color,
               double toward) {
    const int count = std::max(2, static_cast<int>(std::lround((to - from) / 0.13)));
    const double step = (to - from) / count;
    for (const double y : {0.3, 0.8}) {
      sheet({at(from, y), at(to, y), at(to, y + 0.09), at(from, y + 0.09)}, shade(color, 0.8), toward - 0.01);
    }
    for (int i = 0; i < count; ++i) {
      const double a = from + step * (i + 0.12);
      const double b = from + step * (i + 0.88);
      sheet({at(a, 0.06), at(b, 0.06), at(b, 1.02), at((a + b) / 2, 1.1), at(a, 1.02)},
            shade(color, i % 2 == 0 ? 1.05 : 0.97), toward);
    }
  }

  void gate(double opened) {
    const double light = look_.color[0] + look_.color[1] + look_.color[2];
    const Scalar gate_color = shade(look_.color, light > 330 ? 0.55 : 1.7);
    const auto fence = [](double x, double y) { return Point3d(x, y, 0.0); };
    pickets(-1.7, 0.24, fence, look_.color, -0.3);
    pickets(0.78, 2.1, fence, look_.color, -0.3);
    for (const double x : {0.27, 0.74}) bar({x, 0, 0}, {x, 1.16, 0}, 0.08, shade(look_.color, 0.7), -0.1);
    const Point3d edge = handle_of(PropKind::gate, opened);
    pickets(
        0, 0.4,
        [edge](double along, double y) {
          const double share = along / 0.4;
          return Point3d(0.7 + (edge.x - 0.7) * share, y, 0.06 + (edge.z - 0.06) * share);
        },
        gate_color, 0.02);
    knob(PropKind::gate, opened);
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

PropLook::PropLook(PropKind prop, Random random)
    : color(color_of(prop == PropKind::ball ? Material::ball : Material::thing, random)),
      accent(color_of(Material::thing, random)) {
  if (prop == PropKind::curtain) color = color_of(Material::shirt, random);
}

void add_prop(Layers& layers, const SceneView& view, const Choreography& choreography, const PropLook& look,
              double phase) {
  PropDrawing(layers, view, look).add(choreography, phase);
}

}  // namespace actionflow
