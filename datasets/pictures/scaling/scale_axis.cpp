#include "datasets/pictures/scaling/scale_axis.h"

#include <algorithm>
#include <cmath>

namespace actionflow {

namespace {

// The span of one output in the plane's samples.
struct OutputSpan {
  double begin, step;
  double centre() const { return begin + step / 2; }
};

struct Taps {
  int first = 0;
  std::vector<double> weights;
};

double triangle(double d) { return std::max(0.0, 1 - std::abs(d)); }

double cubic(double d) {
  constexpr double a = -0.5;
  d = std::abs(d);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

double covered(const OutputSpan& span, int sample, int samples) {
  const double left = sample == 0 ? span.begin : std::max<double>(sample, span.begin);
  const double end = span.begin + span.step;
  const double right = sample == samples - 1 ? end : std::min<double>(sample + 1, end);
  return std::max(0.0, right - left);
}

double weight(ResizeFilter filter, const OutputSpan& span, int sample, int samples) {
  if (filter == ResizeFilter::area) return covered(span, sample, samples);
  const double distance = (sample + 0.5 - span.centre()) / std::max(span.step, 1.0);
  return filter == ResizeFilter::bicubic ? cubic(distance) : triangle(distance);
}

double reach(ResizeFilter filter, const OutputSpan& span) {
  if (filter == ResizeFilter::area) return span.step / 2;
  return (filter == ResizeFilter::bicubic ? 2 : 1) * std::max(span.step, 1.0);
}

Taps one_tap(double position, int samples) {
  return {static_cast<int>(std::clamp(std::floor(position), 0.0, samples - 1.0)), {1.0}};
}

Taps make_taps(ResizeFilter filter, const OutputSpan& span, int samples) {
  const double extent = reach(filter, span);
  // Sited chroma can put an output at the border beyond the last sample.
  const int first = std::clamp(static_cast<int>(std::floor(span.centre() - extent)), 0, samples - 1);
  const int last = std::clamp(static_cast<int>(std::ceil(span.centre() + extent)), 0, samples - 1);
  Taps taps{first, {}};
  double sum = 0;
  for (int j = first; j <= last; ++j) {
    taps.weights.push_back(weight(filter, span, j, samples));
    sum += taps.weights.back();
  }
  for (double& w : taps.weights) w /= sum;
  return taps;
}

// Rounds the running sum rather than each weight, so that the whole is exact however many there are.
std::vector<std::int16_t> rounded(const std::vector<double>& weights) {
  std::vector<std::int16_t> result;
  double sum = 0;
  long before = 0;
  for (const double w : weights) {
    sum += w;
    const long now = std::lround(std::ldexp(sum, kWeightBits));
    result.push_back(static_cast<std::int16_t>(now - before));
    before = now;
  }
  return result;
}

}  // namespace

Axis make_axis(ResizeFilter filter, const AxisSpan& span, const AxisSiting& siting, int samples,
               int tap_multiple) {
  const double unit = std::ldexp(1.0, -siting.log2_step);
  std::vector<std::vector<std::int16_t>> weights;
  Axis axis;
  for (int i = 0; i < span.outputs; ++i) {
    const double begin = span.begin + i * span.step;
    // The chroma sample that belongs to the nearest luma sample, wherever its centre lies.
    const Taps taps = filter == ResizeFilter::nearest
                          ? one_tap((std::floor(begin + span.step / 2) + 0.5) * unit, samples)
                          : make_taps(filter, {(begin - siting.offset) * unit, span.step * unit}, samples);
    std::vector<std::int16_t> values = rounded(taps.weights);
    const auto used = std::find_if(values.begin(), values.end(), [](std::int16_t w) { return w != 0; });
    axis.first.push_back(taps.first + static_cast<int>(used - values.begin()));
    values.erase(values.begin(), used);
    while (values.back() == 0) values.pop_back();
    axis.count.push_back(static_cast<int>(values.size()));
    axis.taps = std::max(axis.taps, axis.count.back());
    weights.push_back(std::move(values));
  }
  axis.taps = (axis.taps + tap_multiple - 1) / tap_multiple * tap_multiple;
  for (std::vector<std::int16_t>& values : weights) {
    values.resize(static_cast<std::size_t>(axis.taps));
    axis.weights.insert(axis.weights.end(), values.begin(), values.end());
  }
  return axis;
}

}  // namespace actionflow
