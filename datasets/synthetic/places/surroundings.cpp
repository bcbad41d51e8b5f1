#include "datasets/synthetic/places/surroundings.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "datasets/synthetic/drawing/textures.h"
#include "datasets/synthetic/places/backdrop.h"
#include "datasets/synthetic/places/furniture.h"

namespace actionflow {

using cv::Mat;
using cv::Point2d;
using cv::Scalar;

namespace {

class Surroundings {
 public:
  Surroundings(Random& random, int width, int height)
      : random_(random), canvas_(width, height), size_(width, height), width_(canvas_.aspect()) {}

  Mat draw() {
    switch (random_.below(12)) {
      case 0:
      case 1:
        room();
        break;
      case 2:
      case 3:
        wall();
        break;
      case 4:
        curtain();
        break;
      case 5:
        cloth();
        break;
      case 6:
        pattern();
        break;
      case 7:
        shelves();
        break;
      case 8:
        window();
        break;
      case 9:
        texture();
        break;
      case 10:
        outdoors();
        break;
      default:
        jumble();
    }
    finish();
    return canvas_.image();
  }

 private:
  Mat& image() { return canvas_.image(); }
  void fill(const Scalar& color) { image().setTo(color); }
  double across() { return random_.uniform(0, width_); }
  double pixels(double least, double most) { return size_.height * random_.uniform(least, most); }

  // Part of a room that people are filmed in, seen from nearer.
  void room() {
    const double share = random_.uniform(0.45, 1);
    const Mat whole = draw_background(Random(random_.bits64(), "room"), size_.width, size_.height);
    const cv::Size part(static_cast<int>(size_.width * share), static_cast<int>(size_.height * share));
    const cv::Point corner(static_cast<int>(random_.uniform_double() * (size_.width - part.width)),
                           static_cast<int>(random_.uniform_double() * (size_.height - part.height)));
    cv::resize(whole(cv::Rect(corner, part)), image(), size_, 0, 0, cv::INTER_LINEAR);
  }

  // A wall or a door, often with the edge of something before it.
  void wall() {
    const Scalar color = any_color(random_);
    fill(mix(color, {200, 198, 192}, random_.uniform(0, 0.8)));
    lighten(image(), cloudy(random_, size_, pixels(0.8, 2), 1), random_.uniform(0.6, 1),
            random_.uniform(1, 1.3));
    for (auto edges = random_.below(4); edges > 0; --edges) upright_edge();
    if (random_.chance(0.5)) table();
    for (auto things = random_.below(3); things > 0; --things) thing();
  }

  void upright_edge() {
    const double x = across(), lean = random_.uniform(-0.12, 0.12), broad = random_.uniform(0.004, 0.06);
    canvas_.limb({x, -0.1}, {x + lean, 1.1}, broad, broad, any_color(random_));
    if (random_.chance(0.3)) {
      canvas_.polygon({{x, -0.1}, {width_ + 1, -0.1}, {width_ + 1, 1.1}, {x + lean, 1.1}},
                      any_color(random_));
    }
  }

  void table() {
    const double y = random_.uniform(0.55, 0.95), lean = random_.uniform(-0.12, 0.12);
    const Scalar wood = any_color(random_);
    canvas_.polygon({{-0.1, y}, {width_ + 0.1, y + lean}, {width_ + 0.1, 1.2}, {-0.1, 1.2}}, wood);
    canvas_.limb({-0.1, y}, {width_ + 0.1, y + lean}, 0.012, 0.012, shade(wood, random_.uniform(0.5, 1.4)));
  }

  void thing() {
    const Point2d at(across(), random_.uniform(0, 1));
    const Point2d size(random_.uniform(0.03, 0.3), random_.uniform(0.03, 0.3));
    const Scalar color = any_color(random_);
    switch (random_.below(4)) {
      case 0:
        canvas_.box(at, at + size, color);
        canvas_.box(at + size * 0.15, at + size * 0.85, any_color(random_));
        break;
      case 1:
        canvas_.ellipse(at, size.x / 2, size.y / 2, random_.uniform(0, 180), color);
        break;
      case 2:
        canvas_.limb(at, {across(), random_.uniform(0, 1)}, size.x * 0.3, size.y * 0.3, color);
        break;
      default:
        canvas_.polygon({at, at + Point2d(size.x, random_.uniform(-0.1, 0.1)), at + Point2d(0, size.y)},
                        color);
    }
  }

  void curtain() {
    fill(any_color(random_));
    if (random_.chance(0.5)) print();
    const double lean = random_.uniform(-0.1, 0.1);
    const double step = pixels(0.05, 0.25);
    lighten(image(), stripes(random_, size_, step, lean, step * random_.uniform(0.5, 3), 1),
            random_.uniform(0.3, 0.8), random_.uniform(1, 1.5));
    if (random_.chance(0.4)) upright_edge();
  }

  void print() {
    const Scalar color = any_color(random_);
    if (random_.chance(0.5)) {
      paint(image(), tiled(random_, size_, pixels(0.06, 0.3)), color);
    } else {
      paint(image(), blots(pixels(0.08, 0.3)), color);
    }
  }

  // Islands with clear shores.
  Mat blots(double cell) {
    Mat share = cloudy(random_, size_, cell, 2);
    share = (share - random_.uniform(0.4, 0.6)) * random_.uniform(5, 30) + 0.5;
    return cv::min(cv::max(share, 0), 1);
  }

  void cloth() {
    fill(any_color(random_));
    const double step = pixels(0.06, 0.5);
    for (auto kinds = 1 + random_.below(2); kinds > 0; --kinds) {
      paint(image(),
            stripes(random_, size_, step, random_.uniform(0, std::numbers::pi),
                    step * random_.uniform(0, 2.5), random_.uniform(0.02, 0.8)),
            any_color(random_));
    }
    if (random_.chance(0.4)) canvas_.polygon(sheet(), mix(any_color(random_), {235, 235, 235}, 0.8));
  }

  std::vector<Point2d> sheet() {
    const Point2d at(across() * 0.7, random_.uniform(0.1, 0.7));
    const double turn = random_.uniform(-0.6, 0.6), length = random_.uniform(0.2, 0.6);
    const Point2d u(length * std::cos(turn), length * std::sin(turn));
    const Point2d v(-u.y * 0.7, u.x * 0.7);
    return {at, at + u, at + u + v, at + v};
  }

  void pattern() {
    fill(any_color(random_));
    paint(image(), tiled(random_, size_, pixels(0.04, 0.3)), any_color(random_));
    if (random_.chance(0.3)) paint(image(), tiled(random_, size_, pixels(0.1, 0.5)), any_color(random_));
  }

  void shelves() {
    const Scalar board = any_color(random_);
    fill(shade(board, random_.uniform(0.2, 1)));
    const double step = random_.uniform(0.22, 0.45);
    const std::uint64_t books = random_.bits64();
    for (double y = random_.uniform(-0.2, 0.1); y < 1; y += 2 * step) {
      const auto row = static_cast<std::uint64_t>((y + 1) * 100);
      draw_bookshelf(canvas_, {-0.1, y + 0.2}, width_ + 0.2, board, [books, row](std::uint64_t n) {
        return Random(books, "book", 0, n + 7919 * row).uniform_double();
      });
    }
    if (random_.chance(0.5)) upright_edge();
    if (random_.chance(0.3)) glow();
  }

  void glow() {
    const Point2d at(across(), random_.uniform(0, 0.7));
    for (double r = random_.uniform(0.08, 0.3); r > 0.03; r *= 0.75)
      canvas_.ellipse(at, r, r * 0.8, 0, {250, 250, 245});
  }

  void window() {
    fill(shade(any_color(random_), random_.uniform(0.1, 0.6)));
    for (auto panes = 1 + random_.below(3); panes > 0; --panes) {
      const Point2d corner(random_.uniform(-0.1, width_ - 0.2), random_.uniform(-0.1, 0.4));
      const double size = random_.uniform(0.25, 0.7);
      if (random_.chance(0.5)) {
        draw_window(canvas_, corner, {size, size * random_.uniform(0.7, 1.4)}, any_color(random_));
      } else {
        canvas_.box(corner, corner + Point2d(size, size * random_.uniform(0.7, 1.6)), {252, 252, 250});
        canvas_.limb(corner + Point2d(size / 2, 0), corner + Point2d(size / 2, size), 0.02, 0.02,
                     {70, 70, 70});
      }
    }
    if (random_.chance(0.5)) table();
    if (random_.chance(0.5)) {
      Mat soft;
      cv::GaussianBlur(image(), soft, {}, pixels(0.03, 0.12));
      cv::addWeighted(image(), 1, soft, random_.uniform(0.2, 0.7), 0, image());
    }
  }

  void texture() {
    fill(any_color(random_));
    for (auto kinds = 1 + random_.below(3); kinds > 0; --kinds) {
      const int octaves = 1 + static_cast<int>(random_.below(5));
      if (random_.chance(0.5)) {
        paint(image(), blots(pixels(0.03, 0.6)), any_color(random_));
      } else {
        paint(image(), cloudy(random_, size_, pixels(0.1, 0.8), octaves), any_color(random_));
      }
    }
  }

  // Greenery, or the fronts of houses.
  void outdoors() {
    const bool green = random_.chance(0.6);
    const Scalar sky = mix({150, 190, 225}, {250, 250, 250}, random_.uniform_double());
    const Scalar ground = green ? shade({90, 120, 70}, random_.uniform(0.5, 1.2)) : any_color(random_);
    fill(ground);
    if (green) {
      const Scalar leaf = shade({60, 100, 50}, random_.uniform(0.4, 1.3));
      paint(image(), blots(pixels(0.03, 0.2)), leaf);
      paint(image(), blots(pixels(0.02, 0.1)), shade(ground, random_.uniform(0.5, 1.6)));
    } else {
      paint(image(), tiled(random_, size_, pixels(0.06, 0.2)), any_color(random_));
    }
    if (random_.chance(0.7)) canvas_.box({-0.1, -0.1}, {width_ + 0.1, random_.uniform(0.05, 0.5)}, sky);
    if (random_.chance(0.3)) table();
  }

  void jumble() {
    fill(any_color(random_));
    for (auto things = 5 + random_.below(30); things > 0; --things) thing();
  }

  void finish() {
    if (random_.chance(0.35)) lean_back();
    if (random_.chance(0.5)) {
      lighten(image(), cloudy(random_, size_, pixels(0.1, 1.5), 3), random_.uniform(0.5, 0.95),
              random_.uniform(1.05, 1.4));
    }
    if (random_.chance(0.25)) cv::GaussianBlur(image(), image(), {}, random_.uniform(0.4, 2));
  }

  // As seen askew.
  void lean_back() {
    const auto w = static_cast<float>(size_.width), h = static_cast<float>(size_.height);
    const std::array<cv::Point2f, 4> corners{{{0, 0}, {w, 0}, {w, h}, {0, h}}};
    std::array<cv::Point2f, 4> moved = corners;
    for (cv::Point2f& corner : moved) {
      corner.x += static_cast<float>(random_.uniform(-0.25, 0.25)) * w;
      corner.y += static_cast<float>(random_.uniform(-0.25, 0.25)) * h;
    }
    const Mat change = cv::getPerspectiveTransform(moved.data(), corners.data());
    Mat seen;
    cv::warpPerspective(image(), seen, change, size_, cv::INTER_LINEAR, cv::BORDER_REFLECT);
    image() = seen;
  }

  Random& random_;
  Canvas canvas_;
  cv::Size size_;
  double width_;
};

}  // namespace

cv::Mat draw_surroundings(Random random, int width, int height) {
  return Surroundings(random, width, height).draw();
}

}  // namespace actionflow
