#include "datasets/sample_video.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/video_writer.h"

namespace actionflow {

namespace {

using cv::Point2d;
using cv::Scalar;

constexpr int kSubpixelBits = 4;
constexpr double kSubpixel = 1 << kSubpixelBits;
constexpr double kPi = 3.14159265358979323846;

// Numbers in [0, 1) that depend on the seed and what they are for, and on nothing else.
double unit(std::uint64_t seed, std::uint64_t purpose) {
  std::uint64_t z = seed * 0x9e3779b97f4a7c15ULL + purpose * 0xd1b54a32d192ed03ULL + 0x2545f4914f6cdd1dULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

double smooth(double from, double to, double t) {
  const double x = std::clamp((t - from) / (to - from), 0.0, 1.0);
  return x * x * (3 - 2 * x);
}

Scalar shade(const Scalar& color, double factor) {
  return {color[0] * factor, color[1] * factor, color[2] * factor};
}

struct Look {
  Scalar skin, hair, shirt, wall, furniture;
  double light;  // 0: from the left, 1: from the right
  double noise;

  explicit Look(std::uint64_t seed) : light(unit(seed, 1)), noise(3 + 3 * unit(seed, 2)) {
    static const std::array<Scalar, 4> skins = {Scalar(224, 172, 140), Scalar(198, 140, 104),
                                                Scalar(141, 92, 62), Scalar(240, 196, 168)};
    static const std::array<Scalar, 4> shirts = {Scalar(52, 84, 140), Scalar(150, 50, 56),
                                                 Scalar(58, 110, 76), Scalar(96, 98, 108)};
    static const std::array<Scalar, 3> walls = {Scalar(196, 190, 176), Scalar(172, 184, 190),
                                                Scalar(186, 176, 164)};
    const auto pick = [&](const auto& colors, std::uint64_t purpose) {
      return colors[static_cast<std::size_t>(unit(seed, purpose) * static_cast<double>(colors.size()))];
    };
    skin = pick(skins, 3);
    shirt = pick(shirts, 4);
    wall = pick(walls, 5);
    hair = shade(Scalar(92, 64, 44), 0.4 + 0.9 * unit(seed, 6));
    furniture = shade(Scalar(128, 92, 62), 0.7 + 0.5 * unit(seed, 7));
  }
};

// Draws in units of the picture's height, from its upper left corner.
class Canvas {
 public:
  Canvas(int width, int height) : image_(height, width, CV_8UC3), scale_(height) {}

  cv::Mat& image() { return image_; }
  double aspect() const { return static_cast<double>(image_.cols) / image_.rows; }

  void limb(Point2d a, Point2d b, double width_a, double width_b, const Scalar& color) {
    const Point2d along = b - a;
    const double length = std::max(1e-6, std::hypot(along.x, along.y));
    const Point2d across(-along.y / length, along.x / length);
    polygon({a + across * (width_a / 2), b + across * (width_b / 2), b - across * (width_b / 2),
             a - across * (width_a / 2)},
            color);
    disc(a, width_a / 2, color);
    disc(b, width_b / 2, color);
  }

  void polygon(const std::vector<Point2d>& points, const Scalar& color) {
    std::vector<cv::Point> pixels;
    pixels.reserve(points.size());
    for (const Point2d& p : points) pixels.push_back(fixed(p));
    cv::fillConvexPoly(image_, pixels, color, cv::LINE_AA, kSubpixelBits);
  }

  void disc(Point2d center, double radius, const Scalar& color) { ellipse(center, radius, radius, 0, color); }

  void ellipse(Point2d center, double rx, double ry, double degrees, const Scalar& color) {
    const Point2d axes(rx, ry);
    cv::ellipse(image_, fixed(center), cv::Size(fixed(axes).x, fixed(axes).y), degrees, 0, 360, color,
                cv::FILLED, cv::LINE_AA, kSubpixelBits);
  }

  void box(Point2d a, Point2d b, const Scalar& color) { polygon({a, {b.x, a.y}, b, {a.x, b.y}}, color); }

 private:
  cv::Point fixed(Point2d p) const {
    return {static_cast<int>(std::lround(p.x * scale_ * kSubpixel)),
            static_cast<int>(std::lround(p.y * scale_ * kSubpixel))};
  }

  cv::Mat image_;
  double scale_;
};

void draw_room(Canvas& canvas, const Look& look, std::uint64_t seed) {
  cv::Mat& image = canvas.image();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const double side = static_cast<double>(x) / image.cols;
      const double light = 1.05 - 0.35 * std::abs(side - look.light) - 0.12 * y / image.rows;
      const Scalar c = shade(look.wall, light);
      image.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uchar>(c[0]), cv::saturate_cast<uchar>(c[1]),
                                   cv::saturate_cast<uchar>(c[2])};
    }
  }
  const double w = canvas.aspect();
  const double left = 0.06 + 0.1 * unit(seed, 20);
  canvas.box({left - 0.015, 0.09}, {left + 0.315, 0.415}, shade(look.furniture, 0.8));
  canvas.box({left, 0.105}, {left + 0.3, 0.4}, {168, 196, 222});
  canvas.polygon({{left, 0.4}, {left + 0.12, 0.26}, {left + 0.26, 0.4}}, {104, 136, 96});
  canvas.polygon({{left + 0.17, 0.4}, {left + 0.3, 0.29}, {left + 0.3, 0.4}}, {92, 122, 88});
  canvas.box({left + 0.143, 0.105}, {left + 0.157, 0.4}, shade(look.furniture, 0.8));
  const double shelf = w - 0.36;
  for (int row = 0; row < 2; ++row) {
    const double base = 0.3 + 0.24 * row;
    double x = shelf + 0.01;
    for (std::uint64_t book = 0; x < w - 0.05; ++book) {
      const std::uint64_t purpose = 100 + 40 * static_cast<std::uint64_t>(row) + book;
      const double thick = 0.018 + 0.022 * unit(seed, purpose);
      const double tall = 0.11 + 0.06 * unit(seed, purpose + 1000);
      const double hue = 2 * kPi * unit(seed, purpose + 2000);
      canvas.box({x, base - tall}, {x + thick, base},
                 {110 + 50 * std::cos(hue), 96 + 40 * std::cos(hue + 2), 92 + 46 * std::cos(hue + 4)});
      x += thick + 0.004;
    }
    canvas.box({shelf, base}, {w, base + 0.018}, shade(look.furniture, 0.9));
  }
  canvas.box({0, 0.9}, {w, 1.01}, shade(look.furniture, 0.75));
}

// Where the gesturing hand is, how it is turned, and how near the camera.
struct HandPose {
  Point2d palm;
  double degrees = 0;  // of the fingers, clockwise from straight up
  double size = 1;
};

HandPose hand_pose(SampleGesture gesture, Point2d rest, Point2d body, double phase) {
  // Up in the first third, the gesture, and down at the end.
  const double up = smooth(0.05, 0.32, phase) * (1 - smooth(0.86, 1.0, phase));
  const auto between = [&](Point2d target, double size, double degrees) {
    return HandPose{rest + (target - rest) * up, degrees * up + 160 * (1 - up), 1 + (size - 1) * up};
  };
  switch (gesture) {
    case SampleGesture::swipe_left: {
      const double across = smooth(0.36, 0.68, phase);
      const Point2d from = body + Point2d(0.46, -0.16);
      const Point2d to = body + Point2d(-0.48, -0.12);
      const Point2d arc(0, -0.08 * std::sin(kPi * across));
      return between(from + (to - from) * across + arc, 1.45, 25 - 75 * across);
    }
    case SampleGesture::stop: {
      const double push = smooth(0.3, 0.46, phase);
      return between(body + Point2d(0.24 - 0.06 * push, -0.16), 1.2 + 0.75 * push, 0);
    }
    case SampleGesture::thumbs_up: {
      const double bob = std::sin(4 * kPi * smooth(0.36, 0.84, phase));
      return between(body + Point2d(0.27, -0.07 - 0.03 * bob), 1.6, 0);
    }
  }
  return {};
}

class Hand {
 public:
  Hand(Canvas& canvas, const HandPose& pose, const Scalar& skin)
      : canvas_(canvas), pose_(pose), skin_(skin) {}

  void draw_open() {
    constexpr std::array<double, 4> kSpread = {-19, -6, 6, 19};
    constexpr std::array<double, 4> kLength = {0.085, 0.1, 0.096, 0.078};
    for (std::size_t i = 0; i < kSpread.size(); ++i) {
      const double angle = kSpread[i] * kPi / 180;
      const Point2d root(-0.033 + 0.022 * static_cast<double>(i), -0.035);
      const Point2d tip = root + Point2d(std::sin(angle), -std::cos(angle)) * kLength[i];
      segment(root, tip, 0.024, 0.019, 0.94 + 0.02 * static_cast<double>(i));
    }
    segment({-0.03, 0.02}, {-0.085, -0.03}, 0.03, 0.021, 0.95);
    palm();
  }

  void draw_thumb_up() {
    segment({-0.006, -0.025}, {-0.012, -0.125}, 0.034, 0.027, 1);
    canvas_.ellipse(at({-0.012, -0.115}), 0.009 * pose_.size, 0.012 * pose_.size, pose_.degrees,
                    shade(skin_, 1.12));
    palm();
    for (int i = 0; i < 4; ++i) {
      const double y = -0.033 + 0.025 * i;
      segment({-0.03, y}, {0.036, y + 0.003}, 0.027, 0.027, 0.97 - 0.035 * i);
      segment({-0.032, y + 0.0125}, {0.03, y + 0.0145}, 0.003, 0.003, 0.68);
    }
  }

 private:
  void palm() { canvas_.ellipse(at({0, 0}), 0.05 * pose_.size, 0.055 * pose_.size, pose_.degrees, skin_); }
  void segment(Point2d a, Point2d b, double width_a, double width_b, double light) {
    canvas_.limb(at(a), at(b), width_a * pose_.size, width_b * pose_.size, shade(skin_, light));
  }
  Point2d at(Point2d p) const {
    const double angle = pose_.degrees * kPi / 180;
    return pose_.palm + Point2d(p.x * std::cos(angle) - p.y * std::sin(angle),
                                p.x * std::sin(angle) + p.y * std::cos(angle)) *
                            pose_.size;
  }

  Canvas& canvas_;
  HandPose pose_;
  Scalar skin_;
};

// The elbow of an arm of two equal bones, bent outwards and down.
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

void draw_head(Canvas& canvas, const Look& look, Point2d head, double phase) {
  canvas.ellipse(head + Point2d(0, -0.025), 0.105, 0.125, 0, look.hair);
  canvas.limb(head + Point2d(0, 0.09), head + Point2d(0, 0.16), 0.085, 0.1, shade(look.skin, 0.82));
  canvas.ellipse(head, 0.085, 0.112, 0, look.skin);
  for (const double side : {-1.0, 1.0})
    canvas.ellipse(head + Point2d(0.087 * side, 0.005), 0.014, 0.025, 0, shade(look.skin, 0.9));
  canvas.ellipse(head + Point2d(0, -0.095), 0.085, 0.04, 0, look.hair);
  const bool blink = std::fmod(phase + 0.35, 0.5) < 0.03;
  for (const double side : {-1.0, 1.0}) {
    const Point2d eye = head + Point2d(0.035 * side, -0.015);
    canvas.limb(eye + Point2d(-0.016, -0.026), eye + Point2d(0.016, -0.028), 0.007, 0.007, look.hair);
    if (!blink) canvas.ellipse(eye, 0.014, 0.009, 0, {240, 238, 232});
    canvas.ellipse(eye, 0.007, blink ? 0.002 : 0.008, 0, {44, 34, 28});
  }
  canvas.limb(head + Point2d(0, 0), head + Point2d(0.008, 0.032), 0.009, 0.016, shade(look.skin, 0.87));
  canvas.ellipse(head + Point2d(0, 0.063), 0.028, 0.008, 0, {168, 84, 80});
}

void draw_person(Canvas& canvas, const Look& look, const SampleVideoOptions& options, double phase) {
  const double sway = 0.008 * std::sin(2 * kPi * phase + 6 * unit(options.seed, 30));
  const Point2d body(canvas.aspect() / 2 - 0.04 + 0.06 * unit(options.seed, 31) + sway, 0.74);
  const Point2d head = body + Point2d(0.3 * sway, -0.4);
  const Point2d far_shoulder = body + Point2d(-0.17, -0.17);
  const Point2d near_shoulder = body + Point2d(0.17, -0.17);

  canvas.limb(far_shoulder, body + Point2d(-0.24, 0.08), 0.11, 0.095, shade(look.shirt, 0.8));
  canvas.limb(body + Point2d(-0.24, 0.08), body + Point2d(-0.17, 0.34), 0.095, 0.08, shade(look.shirt, 0.75));
  canvas.polygon(
      {far_shoulder + Point2d(-0.02, -0.03), body + Point2d(-0.05, -0.245), body + Point2d(0.05, -0.245),
       near_shoulder + Point2d(0.02, -0.03), body + Point2d(0.17, 0.4), body + Point2d(-0.17, 0.4)},
      look.shirt);
  canvas.limb(body + Point2d(-0.02, -0.2), body + Point2d(0.0, 0.3), 0.006, 0.006, shade(look.shirt, 0.82));
  draw_head(canvas, look, head, phase);
  canvas.limb(body + Point2d(-0.055, -0.235), body + Point2d(0.055, -0.235), 0.03, 0.03,
              shade(look.shirt, 1.15));

  const HandPose hand = hand_pose(options.gesture, body + Point2d(0.2, 0.36), body, phase);
  const double angle = hand.degrees * kPi / 180;
  const Point2d wrist = hand.palm + Point2d(-std::sin(angle), std::cos(angle)) * (0.06 * hand.size);
  const Point2d elbow = elbow_of(near_shoulder, wrist, 0.27);
  canvas.limb(near_shoulder, elbow, 0.115, 0.1, shade(look.shirt, 0.9));
  canvas.limb(elbow, elbow + (wrist - elbow) * 0.7, 0.1, 0.075 * hand.size, shade(look.shirt, 0.95));
  canvas.limb(elbow + (wrist - elbow) * 0.72, wrist, 0.055 * hand.size, 0.052 * hand.size,
              shade(look.skin, 0.93));
  Hand drawn(canvas, hand, look.skin);
  if (options.gesture == SampleGesture::thumbs_up)
    drawn.draw_thumb_up();
  else
    drawn.draw_open();
}

// A camera's noise, and the softness of its lens.
void expose(cv::Mat& image, const Look& look, std::uint64_t seed, double time) {
  cv::GaussianBlur(image, image, cv::Size(3, 3), 0.6);
  std::uint64_t state =
      (seed << 32) ^ static_cast<std::uint64_t>(std::llround(time * 1e6)) ^ 0x9e3779b97f4a7c15ULL;
  const std::size_t bytes = image.total() * image.elemSize();
  for (std::size_t i = 0; i < bytes; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const double noise = static_cast<double>(state >> 33) / 2147483648.0 - 0.5;
    image.data[i] = cv::saturate_cast<uchar>(image.data[i] + 2 * look.noise * noise);
  }
}

}  // namespace

std::vector<std::uint8_t> draw_sample(const SampleVideoOptions& options, double time) {
  const Look look(options.seed);
  Canvas canvas(options.width, options.height);
  draw_room(canvas, look, options.seed);
  draw_person(canvas, look, options, time / options.seconds);
  expose(canvas.image(), look, options.seed, time);
  const cv::Mat& image = canvas.image();
  return {image.data, image.data + image.total() * image.elemSize()};
}

void write_sample_video(const std::filesystem::path& path, const SampleVideoOptions& options) {
  VideoWriterOptions video;
  video.width = options.width;
  video.height = options.height;
  video.frame_rate = options.frame_rate;
  VideoWriter writer(path, video);
  const int frames = std::max(1, static_cast<int>(std::lround(options.seconds * options.frame_rate)));
  for (int k = 0; k < frames; ++k) {
    const double time = k / options.frame_rate;
    writer.write(draw_sample(options, time).data(), std::llround(time * 1e6));
  }
  writer.finish();
}

}  // namespace actionflow
