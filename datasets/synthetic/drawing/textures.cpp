#include "datasets/synthetic/drawing/textures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "datasets/synthetic/drawing/canvas.h"
#include "datasets/synthetic/drawing/palette.h"

namespace actionflow {

namespace {

constexpr double kTurn = 2 * std::numbers::pi;

template <class Share>
cv::Mat filled(cv::Size size, const Share& share) {
  cv::Mat result(size, CV_32F);
  for (int y = 0; y < size.height; ++y) {
    auto* const row = result.ptr<float>(y);
    for (int x = 0; x < size.width; ++x) row[x] = static_cast<float>(share(x, y));
  }
  return result;
}

double edge(double value, double soft) { return std::clamp(value / std::max(0.05, soft) + 0.5, 0.0, 1.0); }

}  // namespace

cv::Scalar any_color(Random& random) {
  constexpr std::array<Material, 5> kMaterials{Material::wall, Material::floor, Material::thing,
                                               Material::shirt, Material::trousers};
  if (random.chance(0.25)) return shade({255, 250, 242}, random.uniform(0.05, 1));
  if (random.chance(0.6)) return color_of(kMaterials[random.below(kMaterials.size())], random);
  const cv::Scalar color(random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255));
  return mix(color, cv::Scalar::all((color[0] + color[1] + color[2]) / 3), random.uniform_double());
}

cv::Mat cloudy(Random& random, cv::Size size, double cell, int octaves) {
  cv::Mat sum(size, CV_32F, cv::Scalar(0));
  double weight = 1, weights = 0;
  for (int i = 0; i < octaves && cell >= 1; ++i) {
    cv::Mat coarse(std::max(2, static_cast<int>(size.height / cell) + 1),
                   std::max(2, static_cast<int>(size.width / cell) + 1), CV_32F);
    for (int y = 0; y < coarse.rows; ++y)
      for (int x = 0; x < coarse.cols; ++x) coarse.at<float>(y, x) = random.uniform();
    cv::Mat fine;
    cv::resize(coarse, fine, size, 0, 0, cv::INTER_CUBIC);
    sum += fine * weight;
    weights += weight;
    weight *= 0.55;
    cell /= 2;
  }
  return cv::min(cv::max(sum / std::max(1.0, weights), 0), 1);
}

cv::Mat stripes(Random& random, cv::Size size, double step, double angle, double bend, double soft) {
  const cv::Mat bent = cloudy(random, size, std::max(8.0, random.uniform(0.15, 0.6) * size.width), 2);
  const double c = std::cos(angle) / step, s = std::sin(angle) / step, b = bend / step;
  const double broad = random.uniform(-0.5, 0.5);
  return filled(size, [&](int x, int y) {
    const double along = c * x + s * y + b * bent.at<float>(y, x);
    return edge(std::sin(kTurn * along) - broad, 2 * soft);
  });
}

cv::Mat tiled(Random& random, cv::Size size, double step) {
  const auto kind = random.below(5);
  const double angle = random.chance(0.5) ? 0 : random.uniform(-0.6, 0.6);
  const double c = std::cos(angle) / step, s = std::sin(angle) / step;
  const double radius = random.uniform(0.2, 0.45), thick = random.uniform(0.05, 0.16);
  const double shift = random.chance(0.5) ? 0.5 : 0;
  return filled(size, [&](int x, int y) {
    const double v = c * y - s * x;
    const double u = c * x + s * y + shift * std::fmod(std::abs(std::floor(v)), 2);
    const double du = u - std::floor(u) - 0.5, dv = v - std::floor(v) - 0.5;
    const double soft = 1.2 / step;
    switch (kind) {
      case 0:
        return edge(thick - std::abs(std::hypot(du, dv) - radius), soft);
      case 1:
        return edge(radius - std::hypot(du, dv), soft);
      case 2:
        return edge(radius - std::abs(du) - std::abs(dv), soft);
      case 3:
        return du * dv > 0 ? 1.0 : 0.0;
      default:
        return edge(thick - 0.5 + std::max(std::abs(du), std::abs(dv)), soft);
    }
  });
}

void paint(cv::Mat& image, const cv::Mat& share, const cv::Scalar& color) {
  for (int y = 0; y < image.rows; ++y) {
    const auto* const shares = share.ptr<float>(y);
    auto* const pixels = image.ptr<cv::Vec3b>(y);
    for (int x = 0; x < image.cols; ++x) {
      for (int c = 0; c < 3; ++c)
        pixels[x][c] = cv::saturate_cast<uchar>(pixels[x][c] + shares[x] * (color[c] - pixels[x][c]));
    }
  }
}

void lighten(cv::Mat& image, const cv::Mat& share, double least, double most) {
  for (int y = 0; y < image.rows; ++y) {
    const auto* const shares = share.ptr<float>(y);
    auto* const pixels = image.ptr<cv::Vec3b>(y);
    for (int x = 0; x < image.cols; ++x) {
      const double light = least + (most - least) * shares[x];
      for (int c = 0; c < 3; ++c) pixels[x][c] = cv::saturate_cast<uchar>(pixels[x][c] * light);
    }
  }
}

}  // namespace actionflow
