#include "datasets/synthetic/places/backdrop.h"

#include <algorithm>
#include <cmath>

#include "datasets/synthetic/drawing/palette.h"
#include "datasets/synthetic/places/furniture.h"

namespace actionflow {

using cv::Point2d;
using cv::Scalar;

namespace {

enum class Place { plain, room, pattern, clutter, outdoors };

Place place_of(Random& random) { return static_cast<Place>(random.below(5)); }

class Background {
 public:
  Background(Canvas& canvas, Random& random) : canvas_(canvas), random_(random), width_(canvas.aspect()) {}

  void draw() {
    switch (place_of(random_)) {
      case Place::plain:
        wall(color(Material::wall));
        floor(color(Material::floor));
        break;
      case Place::room:
        room();
        break;
      case Place::pattern:
        pattern();
        break;
      case Place::clutter:
        clutter();
        break;
      case Place::outdoors:
        outdoors();
    }
  }

 private:
  Scalar color(Material material) { return color_of(material, random_); }

  // Rows from one share of the height to another, from colour to colour, with light from one side.
  void gradient(double top, double bottom, const Scalar& above, const Scalar& below) {
    const double side = random_.uniform_double();
    const double fall = random_.uniform(0, 0.35);
    cv::Mat& image = canvas_.image();
    const int first = std::max(0, static_cast<int>(top * image.rows));
    const int last = std::min(image.rows, static_cast<int>(bottom * image.rows) + 1);
    for (int y = first; y < last; ++y) {
      const Scalar color = mix(above, below, static_cast<double>(y - first) / std::max(1, last - first));
      for (int x = 0; x < image.cols; ++x) {
        const double light = 1.05 - fall * std::abs(static_cast<double>(x) / image.cols - side);
        image.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uchar>(color[0] * light),
                                     cv::saturate_cast<uchar>(color[1] * light),
                                     cv::saturate_cast<uchar>(color[2] * light)};
      }
    }
  }

  void wall(const Scalar& color) { gradient(0, kFloorLine, shade(color, 1.05), shade(color, 0.88)); }

  void floor(const Scalar& color) {
    gradient(kFloorLine, 1, shade(color, 0.85), shade(color, 1.1));
    if (random_.chance(0.5)) {  // planks towards the eye
      for (int i = -8; i <= 8; ++i) {
        const double x = width_ / 2 + i * 0.14;
        canvas_.limb({x, kFloorLine}, {x + (x - width_ / 2) * 1.4, 1.01}, 0.003, 0.007, shade(color, 0.72));
      }
    }
    canvas_.box({0, kFloorLine - 0.02}, {width_, kFloorLine + 0.004},
                shade(color, random_.uniform(0.55, 1.3)));
  }

  void room() {
    wall(color(Material::wall));
    floor(shade({150, 112, 78}, random_.uniform(0.6, 1.25)));
    const Scalar wood = shade({128, 92, 62}, random_.uniform(0.6, 1.3));
    if (random_.chance(0.6)) {
      const double size = random_.uniform(0.25, 0.38);
      draw_window(canvas_, {random_.uniform(0.05, width_ - 0.45), random_.uniform(0.06, 0.14)},
                  {size, size * 0.95}, shade(wood, 0.9));
    }
    if (random_.chance(0.6)) {
      const Random books = random_;
      draw_bookshelf(canvas_, {random_.uniform(0, width_ - 0.4), random_.uniform(0.24, 0.34)},
                     random_.uniform(0.28, 0.42), wood, [books](std::uint64_t n) {
                       Random book = books;
                       return Random(book.bits64(), "book", 0, n).uniform_double();
                     });
    }
    pictures(random_.below(3));
    if (random_.chance(0.5)) cabinet(wood);
    if (random_.chance(0.4)) plant({random_.uniform(0.05, width_ - 0.05), kFloorLine + 0.02});
  }

  void pictures(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const Point2d corner(random_.uniform(0.02, width_ - 0.2), random_.uniform(0.06, 0.3));
      const Point2d size(random_.uniform(0.08, 0.18), random_.uniform(0.08, 0.18));
      canvas_.box(corner, corner + size, shade(color(Material::thing), 0.5));
      canvas_.box(corner + Point2d(0.012, 0.012), corner + size - Point2d(0.012, 0.012),
                  color(Material::wall));
      canvas_.disc(corner + size * 0.5, size.x * 0.25, color(Material::thing));
    }
  }

  void cabinet(const Scalar& wood) {
    const double x =
        random_.chance(0.5) ? random_.uniform(-0.05, 0.1) : random_.uniform(width_ - 0.4, width_ - 0.2);
    const double top = random_.uniform(0.45, 0.6);
    const double broad = random_.uniform(0.2, 0.34);
    canvas_.box({x, top}, {x + broad, kFloorLine + 0.03}, wood);
    for (const double share : {0.3, 0.65}) {
      const double y = top + (kFloorLine + 0.03 - top) * share;
      canvas_.box({x + 0.01, y}, {x + broad - 0.01, y + 0.006}, shade(wood, 0.6));
      canvas_.disc({x + broad / 2, y + 0.03}, 0.008, shade(wood, 0.4));
    }
  }

  void plant(Point2d foot) {
    const Scalar leaf = shade({70, 122, 62}, random_.uniform(0.6, 1.3));
    for (int i = 0; i < 9; ++i) {
      const double angle = random_.uniform(-1.1, 1.1);
      const double length = random_.uniform(0.12, 0.26);
      canvas_.limb(foot - Point2d(0, 0.08),
                   foot - Point2d(0, 0.08) + Point2d(std::sin(angle), -std::cos(angle)) * length, 0.012,
                   0.035, shade(leaf, random_.uniform(0.75, 1.2)));
    }
    canvas_.polygon({foot + Point2d(-0.05, -0.09), foot + Point2d(0.05, -0.09), foot + Point2d(0.035, 0.02),
                     foot + Point2d(-0.035, 0.02)},
                    color(Material::thing));
  }

  void pattern() {
    const Scalar base = color(Material::wall);
    const Scalar other = shade(base, random_.uniform(0.8, 0.94));
    wall(base);
    const double step = random_.uniform(0.05, 0.12);
    switch (random_.below(3)) {
      case 0:  // bricks
        for (int row = 0; row * step * 0.5 < kFloorLine; ++row) {
          const double y = row * step * 0.5;
          canvas_.box({0, y}, {width_, y + 0.006}, other);
          for (double x = row % 2 == 0 ? 0 : step / 2; x < width_; x += step) {
            canvas_.box({x, y}, {x + 0.006, y + step * 0.5}, other);
          }
        }
        break;
      case 1:  // stripes
        for (double x = 0; x < width_; x += step) canvas_.box({x, 0}, {x + step / 2, kFloorLine}, other);
        break;
      default:  // dots
        for (double y = step / 2; y < kFloorLine; y += step) {
          for (double x = step / 2; x < width_; x += step) canvas_.disc({x, y}, step * 0.22, other);
        }
    }
    floor(color(Material::floor));
  }

  void clutter() {
    wall(color(Material::wall));
    floor(color(Material::floor));
    const int things = 6 + static_cast<int>(random_.below(10));
    for (int i = 0; i < things; ++i) {
      const double x = random_.uniform(-0.05, width_);
      const double broad = random_.uniform(0.06, 0.24);
      if (random_.chance(0.35)) {  // on the wall
        const double y = random_.uniform(0.05, 0.45);
        canvas_.box({x, y}, {x + broad, y + random_.uniform(0.04, 0.16)}, color(Material::thing));
        continue;
      }
      const double tall = random_.uniform(0.06, 0.35);
      const double foot = kFloorLine + random_.uniform(0, 0.05);
      const Scalar paint = color(Material::thing);
      if (random_.chance(0.7)) {
        canvas_.box({x, foot - tall}, {x + broad, foot}, paint);
        canvas_.box({x, foot - tall}, {x + broad, foot - tall + 0.02}, shade(paint, 1.1));
        canvas_.box({x + broad * 0.42, foot - tall}, {x + broad * 0.55, foot}, shade(paint, 0.85));
      } else {
        canvas_.ellipse({x, foot - tall * 0.4}, broad * 0.5, tall * 0.45, 0, paint);
      }
    }
  }

  void outdoors() {
    const bool dusk = random_.chance(0.25);
    gradient(0, kFloorLine, dusk ? Scalar(120, 112, 150) : shade({112, 160, 218}, random_.uniform(0.85, 1.1)),
             dusk ? Scalar(232, 176, 132) : Scalar(212, 226, 238));
    for (std::uint64_t i = random_.below(4); i > 0; --i) cloud();
    const Scalar hill = shade({96, 132, 88}, random_.uniform(0.7, 1.2));
    for (int i = 0; i < 3; ++i) {
      canvas_.ellipse({random_.uniform(0, width_), kFloorLine + 0.06}, random_.uniform(0.3, 0.8),
                      random_.uniform(0.1, 0.3), 0, shade(hill, 0.8 + 0.12 * i));
    }
    if (random_.chance(0.5)) houses();
    const Scalar ground = random_.chance(0.6) ? shade({104, 146, 76}, random_.uniform(0.7, 1.15))
                                              : shade({158, 152, 142}, random_.uniform(0.7, 1.15));
    gradient(kFloorLine, 1, shade(ground, 0.88), shade(ground, 1.08));
    for (int i = 0; i < 90; ++i) {
      const Point2d at(random_.uniform(0, width_), random_.uniform(kFloorLine + 0.02, 1));
      canvas_.limb(at, at + Point2d(random_.uniform(-0.008, 0.008), -0.014), 0.004, 0.003,
                   shade(ground, random_.uniform(0.8, 1.2)));
    }
    for (std::uint64_t i = random_.below(4); i > 0; --i) tree();
  }

  void cloud() {
    const Point2d at(random_.uniform(0, width_), random_.uniform(0.06, 0.28));
    for (int i = 0; i < 5; ++i) {
      canvas_.ellipse(at + Point2d(random_.uniform(-0.1, 0.1), random_.uniform(-0.02, 0.02)),
                      random_.uniform(0.05, 0.1), random_.uniform(0.02, 0.04), 0, {240, 242, 246});
    }
  }

  void houses() {
    double x = random_.uniform(-0.1, 0.2);
    while (x < width_) {
      const double broad = random_.uniform(0.16, 0.32);
      const double top = random_.uniform(0.3, 0.52);
      const Scalar paint = color(Material::wall);
      canvas_.box({x, top}, {x + broad, kFloorLine + 0.01}, paint);
      canvas_.polygon({{x - 0.02, top}, {x + broad / 2, top - 0.1}, {x + broad + 0.02, top}},
                      shade(color(Material::floor), 0.75));
      for (double y = top + 0.04; y < kFloorLine - 0.08; y += 0.1) {
        for (double w = x + 0.03; w < x + broad - 0.04; w += 0.08) {
          canvas_.box({w, y}, {w + 0.035, y + 0.05}, {86, 104, 122});
        }
      }
      x += broad + random_.uniform(0.01, 0.25);
    }
  }

  void tree() {
    const Point2d foot(random_.uniform(0, width_), kFloorLine + random_.uniform(0.0, 0.05));
    const double tall = random_.uniform(0.3, 0.6);
    canvas_.limb(foot, foot - Point2d(0, tall * 0.6), 0.05, 0.03, {92, 68, 48});
    const Scalar leaf = shade({66, 112, 56}, random_.uniform(0.6, 1.25));
    for (int i = 0; i < 8; ++i) {
      canvas_.disc(foot - Point2d(random_.uniform(-0.1, 0.1), tall * random_.uniform(0.55, 1)),
                   random_.uniform(0.05, 0.1), shade(leaf, random_.uniform(0.8, 1.2)));
    }
  }

  Canvas& canvas_;
  Random& random_;
  double width_;
};

}  // namespace

bool is_outdoors(Random random) { return place_of(random) == Place::outdoors; }

cv::Mat draw_background(Random random, int width, int height) {
  Canvas canvas(width, height);
  Background(canvas, random).draw();
  return canvas.image();
}

}  // namespace actionflow
