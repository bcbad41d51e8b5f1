#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "pipeline/evaluation/report.h"

namespace actionflow {
namespace {

constexpr double kWidth = 560, kHeight = 260;
constexpr double kLeft = 52, kRight = 12, kTop = 26, kBottom = 30;
constexpr std::array<std::string_view, 5> kColors{"#2563eb", "#ea580c", "#16a34a", "#9333ea", "#64748b"};
constexpr int kMostTicks = 6;

// 1, 2 or 5 times a power of ten, so that `range` takes at most kMostTicks steps.
double nice_step(double range) {
  const double least = range / kMostTicks;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= least) return factor * power;
  return 10 * power;
}

struct AxisScale {
  double low = 0, high = 1;
  std::size_t epochs = 1;

  double x(double epoch) const {
    const double last = static_cast<double>(std::max<std::size_t>(epochs, 2));
    return kLeft + (epoch - 1) / (last - 1) * (kWidth - kLeft - kRight);
  }
  double y(double value) const { return kTop + (high - value) / (high - low) * (kHeight - kTop - kBottom); }
};

AxisScale scale_of(const std::vector<Curve>& curves, bool percent) {
  AxisScale scale;
  double most = 0;
  for (const Curve& curve : curves) {
    scale.epochs = std::max(scale.epochs, curve.values.size());
    for (const double value : curve.values)
      if (std::isfinite(value)) most = std::max(most, value);
  }
  if (percent || most <= 0) return scale;
  const double step = nice_step(most);
  scale.high = std::ceil(most / step) * step;
  return scale;
}

std::string grid(const AxisScale& scale, bool percent) {
  std::string svg;
  const double step = percent ? 0.2 : nice_step(scale.high);
  for (double value = 0; value <= scale.high * 1.0001; value += step) {
    svg += fmt::format("<line x1='{}' x2='{}' y1='{:.1f}' y2='{:.1f}' class='grid'/>", kLeft, kWidth - kRight,
                       scale.y(value), scale.y(value));
    const std::string label = percent ? fmt::format("{:.0f} %", 100 * value) : fmt::format("{:.4g}", value);
    svg += fmt::format("<text x='{}' y='{:.1f}' text-anchor='end'>{}</text>", kLeft - 6, scale.y(value) + 4,
                       label);
  }
  const double epochs = static_cast<double>(scale.epochs);
  const double apart = std::max(1.0, nice_step(epochs));
  for (double epoch = 1; epoch <= epochs; epoch = epoch == 1 && apart > 1 ? apart : epoch + apart)
    svg += fmt::format("<text x='{:.1f}' y='{}' text-anchor='middle'>{:.0f}</text>", scale.x(epoch),
                       kHeight - 12, epoch);
  return svg;
}

std::string path_of(const Curve& curve, const AxisScale& scale, std::string_view color) {
  std::string path;
  bool pen_down = false;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    const double value = curve.values[i];
    if (!std::isfinite(value)) {
      pen_down = false;
      continue;
    }
    path += fmt::format("{}{:.1f} {:.1f}", pen_down ? " L" : " M", scale.x(static_cast<double>(i + 1)),
                        scale.y(std::clamp(value, scale.low, scale.high)));
    pen_down = true;
  }
  return path.empty() ? path : fmt::format("<path d='{}' stroke='{}'/>", path.substr(1), color);
}

std::string last_value(const Curve& curve, bool percent) {
  const auto last = std::find_if(curve.values.rbegin(), curve.values.rend(),
                                 [](double value) { return std::isfinite(value); });
  if (last == curve.values.rend()) return "–";
  return percent ? fmt::format("{:.1f} %", 100 * *last) : fmt::format("{:.4g}", *last);
}

}  // namespace

std::string draw_curves(const std::vector<Curve>& curves, bool percent, std::int64_t mark) {
  const AxisScale scale = scale_of(curves, percent);
  std::string svg =
      fmt::format("<svg viewBox='0 0 {} {}' role='img'>", kWidth, kHeight) + grid(scale, percent);
  if (mark > 0) {
    const double x = scale.x(static_cast<double>(mark));
    svg += fmt::format("<line x1='{0:.1f}' x2='{0:.1f}' y1='{1}' y2='{2}' class='mark'/>", x, kTop,
                       kHeight - kBottom);
  }
  double x = kLeft;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const std::string_view color = kColors[i % kColors.size()];
    svg += path_of(curves[i], scale, color);
    const std::string legend = curves[i].name + " " + last_value(curves[i], percent);
    svg += fmt::format("<text x='{:.0f}' y='14' fill='{}' class='legend'>{}</text>", x, color, legend);
    x += 30 + 7.2 * static_cast<double>(legend.size());
  }
  return svg + "</svg>";
}

}  // namespace actionflow
