#include "base/text/label_color.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace actionflow {
namespace {

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

constexpr Matrix kAsItIs{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
// How linear RGB looks without long, middle or short cones: Machado, Oliveira, Fernandes 2009, severity 1.
constexpr Matrix kProtanopia{
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix kDeuteranopia{
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix kTritanopia{
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};
// From linear sRGB to XYZ, over the white of D65.
constexpr Matrix kXyz{{{0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505},
                       {0.2126, 0.7152, 0.0722},
                       {0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089}}};

Triple times(const Matrix& matrix, const Triple& vector) {
  Triple product{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) product[i] += matrix[i][j] * vector[j];
  return product;
}

Triple linear(const LabelColor& color) {
  Triple values{};
  const std::array<std::uint8_t, 3> bytes{color.red, color.green, color.blue};
  for (std::size_t i = 0; i < 3; ++i) {
    const double share = bytes[i] / 255.0;
    values[i] = share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  }
  return values;
}

double luminance(const LabelColor& color) { return times(kXyz, linear(color))[1]; }

double contrast(double one, double other) {
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

// CIE 1976 L*a*b*.
Triple lab(const LabelColor& color, const Matrix& eyes) {
  Triple seen = times(eyes, linear(color));
  for (double& value : seen) value = std::clamp(value, 0.0, 1.0);
  Triple f = times(kXyz, seen);
  for (double& value : f) value = value > 0.008856 ? std::cbrt(value) : 7.787 * value + 16.0 / 116;
  return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

constexpr double kDegree = std::numbers::pi / 180;

double hue(double a, double b) {
  const double degrees = std::atan2(b, a) / kDegree;
  return degrees < 0 ? degrees + 360 : degrees;
}

// CIEDE2000, as Sharma, Wu and Dalal (2005) write it.
double distance(const Triple& one, const Triple& other) {
  const auto chroma = [](double a, double b) { return std::hypot(a, b); };
  const auto seventh = [](double c) {
    return std::sqrt(std::pow(c, 7) / (std::pow(c, 7) + std::pow(25, 7)));
  };
  const double g = 0.5 * (1 - seventh((chroma(one[1], one[2]) + chroma(other[1], other[2])) / 2));
  const double a1 = one[1] * (1 + g), a2 = other[1] * (1 + g);
  const double c1 = chroma(a1, one[2]), c2 = chroma(a2, other[2]);
  const double h1 = hue(a1, one[2]), h2 = hue(a2, other[2]);
  double turn = h2 - h1;
  if (turn > 180) turn -= 360;
  if (turn < -180) turn += 360;
  double mean_hue = (h1 + h2) / 2;
  if (std::abs(h1 - h2) > 180) mean_hue += h1 + h2 < 360 ? 180 : -180;
  const double lightness = (one[0] + other[0]) / 2 - 50, mean_chroma = (c1 + c2) / 2;
  const double t = 1 - 0.17 * std::cos((mean_hue - 30) * kDegree) + 0.24 * std::cos(2 * mean_hue * kDegree) +
                   0.32 * std::cos((3 * mean_hue + 6) * kDegree) -
                   0.2 * std::cos((4 * mean_hue - 63) * kDegree);
  const double dl =
      (other[0] - one[0]) / (1 + 0.015 * lightness * lightness / std::sqrt(20 + lightness * lightness));
  const double dc = (c2 - c1) / (1 + 0.045 * mean_chroma);
  const double dh = 2 * std::sqrt(c1 * c2) * std::sin(turn / 2 * kDegree) / (1 + 0.015 * mean_chroma * t);
  const double rotation =
      -2 * seventh(mean_chroma) * std::sin(60 * kDegree * std::exp(-std::pow((mean_hue - 275) / 25, 2)));
  return std::sqrt(dl * dl + dc * dc + dh * dh + rotation * dc * dh);
}

// From the paper's table of test data.
TEST(LabelColor, DistancesAreThoseOfTheStandard) {
  EXPECT_NEAR(distance({50, 2.6772, -79.7751}, {50, 0, -82.7485}), 2.0425, 1e-4);
  EXPECT_NEAR(distance({60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}), 1.2644, 1e-4);
}

TEST(LabelColor, AnyTwoDifferWhoeverLooks) {
  for (const auto& [eyes, least] : {std::pair(kAsItIs, 15), std::pair(kProtanopia, 9),
                                    std::pair(kDeuteranopia, 9), std::pair(kTritanopia, 9)}) {
    for (std::size_t i = 0; i < kLabelColors; ++i) {
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_GT(distance(lab(label_color(i), eyes), lab(label_color(j), eyes)), least) << i << " and " << j;
    }
  }
}

TEST(LabelColor, StandsOutOnWhiteAndOnBlackAndCarriesItsInk) {
  for (std::size_t i = 0; i < kLabelColors; ++i) {
    const double fill = luminance(label_color(i));
    EXPECT_GT(contrast(fill, 1), 2.4) << i;
    EXPECT_GT(contrast(fill, 0), 2.4) << i;
    EXPECT_GT(contrast(fill, luminance(ink_on(label_color(i)))), 4.5) << i;
  }
}

TEST(LabelColor, BeginsAnewBehindTheLast) {
  EXPECT_EQ(label_color(kLabelColors), label_color(0));
  EXPECT_EQ(css(label_color(0)), "#1144ee");
}

}  // namespace
}  // namespace actionflow
