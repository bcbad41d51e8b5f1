#include "datasets/synthetic/sample_video.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "datasets/synthetic/people/body_parts.h"
#include "datasets/synthetic/places/furniture.h"
#include "datasets/video/video_writer.h"

namespace actionflow {

namespace {

using cv::Point2d;
using cv::Scalar;

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

// The person, and the room around.
struct Room {
  Look person;
  Scalar wall, furniture;
  double light;  // 0: from the left, 1: from the right
  double noise;

  explicit Room(std::uint64_t seed) : light(unit(seed, 1)), noise(3 + 3 * unit(seed, 2)) {
    static const std::array<Scalar, 4> skins = {Scalar(224, 172, 140), Scalar(198, 140, 104),
                                                Scalar(141, 92, 62), Scalar(240, 196, 168)};
    static const std::array<Scalar, 4> shirts = {Scalar(52, 84, 140), Scalar(150, 50, 56),
                                                 Scalar(58, 110, 76), Scalar(96, 98, 108)};
    static const std::array<Scalar, 3> walls = {Scalar(196, 190, 176), Scalar(172, 184, 190),
                                                Scalar(186, 176, 164)};
    const auto pick = [&](const auto& colors, std::uint64_t purpose) {
      return colors[static_cast<std::size_t>(unit(seed, purpose) * static_cast<double>(colors.size()))];
    };
    person.skin = pick(skins, 3);
    person.shirt = pick(shirts, 4);
    wall = pick(walls, 5);
    person.hair = shade(Scalar(92, 64, 44), 0.4 + 0.9 * unit(seed, 6));
    furniture = shade(Scalar(128, 92, 62), 0.7 + 0.5 * unit(seed, 7));
  }
};

void draw_room(Canvas& canvas, const Room& scene, std::uint64_t seed) {
  cv::Mat& image = canvas.image();
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const double side = static_cast<double>(x) / image.cols;
      const double light = 1.05 - 0.35 * std::abs(side - scene.light) - 0.12 * y / image.rows;
      const Scalar c = shade(scene.wall, light);
      image.at<cv::Vec3b>(y, x) = {cv::saturate_cast<uchar>(c[0]), cv::saturate_cast<uchar>(c[1]),
                                   cv::saturate_cast<uchar>(c[2])};
    }
  }
  const double w = canvas.aspect();
  const double left = 0.06 + 0.1 * unit(seed, 20);
  draw_window(canvas, {left, 0.105}, {0.3, 0.295}, shade(scene.furniture, 0.8));
  draw_bookshelf(canvas, {w - 0.36, 0.3}, 0.36, shade(scene.furniture, 0.9),
                 [&](std::uint64_t purpose) { return unit(seed, purpose); });
  canvas.box({0, 0.9}, {w, 1.01}, shade(scene.furniture, 0.75));
}

HandView hand_pose(SampleGesture gesture, Point2d rest, Point2d body, double phase) {
  // Up in the first third, the gesture, and down at the end.
  const double up = smooth(0.05, 0.32, phase) * (1 - smooth(0.86, 1.0, phase));
  const auto between = [&](Point2d target, double size, double degrees) {
    return HandView{rest + (target - rest) * up, degrees * up + 160 * (1 - up), 1 + (size - 1) * up};
  };
  switch (gesture) {
    case SampleGesture::swipe_left: {
      const double across = smooth(0.36, 0.68, phase);
      const Point2d from = body + Point2d(0.46, -0.16);
      const Point2d to = body + Point2d(-0.48, -0.12);
      const Point2d arc(0, -0.08 * std::sin(std::numbers::pi * across));
      return between(from + (to - from) * across + arc, 1.45, 25 - 75 * across);
    }
    case SampleGesture::stop: {
      const double push = smooth(0.3, 0.46, phase);
      return between(body + Point2d(0.24 - 0.06 * push, -0.16), 1.2 + 0.75 * push, 0);
    }
    case SampleGesture::thumbs_up: {
      const double bob = std::sin(4 * std::numbers::pi * smooth(0.36, 0.84, phase));
      return between(body + Point2d(0.27, -0.07 - 0.03 * bob), 1.6, 0);
    }
  }
  return {};
}

void draw_person(Canvas& canvas, const Look& look, const SampleVideoOptions& options, double phase) {
  const double sway = 0.008 * std::sin(2 * std::numbers::pi * phase + 6 * unit(options.seed, 30));
  const Point2d body(canvas.aspect() / 2 - 0.04 + 0.06 * unit(options.seed, 31) + sway, 0.74);
  const Point2d head = body + Point2d(0.3 * sway, -0.4);
  const Point2d far_shoulder = body + Point2d(-0.17, -0.17);
  const Point2d near_shoulder = body + Point2d(0.17, -0.17);

  canvas.limb(far_shoulder, body + Point2d(-0.24, 0.08), 0.11, 0.095, shade(look.shirt, 0.8));
  canvas.limb(body + Point2d(-0.24, 0.08), body + Point2d(-0.17, 0.34), 0.095, 0.08, shade(look.shirt, 0.75));
  draw_torso(canvas, look,
             {{far_shoulder, near_shoulder},
              {body + Point2d(-0.17, 0.4), body + Point2d(0.17, 0.4)},
              body + Point2d(0, -0.245)});
  canvas.limb(body + Point2d(-0.02, -0.2), body + Point2d(0.0, 0.3), 0.006, 0.006, shade(look.shirt, 0.82));
  draw_neck(canvas, look, head + Point2d(0, 0.09), head + Point2d(0, 0.16), 1);
  draw_head(canvas, look, {.center = head, .blink = std::fmod(phase + 0.35, 0.5) < 0.03});
  canvas.limb(body + Point2d(-0.055, -0.235), body + Point2d(0.055, -0.235), 0.03, 0.03,
              shade(look.shirt, 1.15));

  const HandView hand = hand_pose(options.gesture, body + Point2d(0.2, 0.36), body, phase);
  const double angle = hand.degrees * std::numbers::pi / 180;
  const Point2d wrist = hand.palm + Point2d(-std::sin(angle), std::cos(angle)) * (0.06 * hand.size);
  const Point2d elbow = elbow_of(near_shoulder, wrist, 0.27);
  const ArmView arm{near_shoulder, elbow, wrist, 1, 1, hand.size};
  draw_upper_arm(canvas, look, arm);
  draw_forearm(canvas, look, arm);
  if (options.gesture == SampleGesture::thumbs_up)
    draw_thumb_up(canvas, hand, look.skin);
  else
    draw_open_hand(canvas, hand, look.skin);
}

// A camera's noise, and the softness of its lens.
void expose(cv::Mat& image, const Room& scene, std::uint64_t seed, double time) {
  cv::GaussianBlur(image, image, cv::Size(3, 3), 0.6);
  std::uint64_t state =
      (seed << 32) ^ static_cast<std::uint64_t>(std::llround(time * 1e6)) ^ 0x9e3779b97f4a7c15ULL;
  const std::size_t bytes = image.total() * image.elemSize();
  for (std::size_t i = 0; i < bytes; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const double noise = static_cast<double>(state >> 33) / 2147483648.0 - 0.5;
    image.data[i] = cv::saturate_cast<uchar>(image.data[i] + 2 * scene.noise * noise);
  }
}

}  // namespace

std::vector<std::uint8_t> draw_sample(const SampleVideoOptions& options, double time) {
  const Room scene(options.seed);
  Canvas canvas(options.width, options.height);
  draw_room(canvas, scene, options.seed);
  draw_person(canvas, scene.person, options, time / options.seconds);
  expose(canvas.image(), scene, options.seed, time);
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
