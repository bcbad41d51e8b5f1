#include "nodes/sinks/draw_result.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/text/label_color.h"
#include "datasets/pictures/picture.h"

namespace actionflow {

namespace {

constexpr std::size_t kBars = 3;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
// Heights of a line and its letters, for a picture 480 pixels high.
constexpr double kLineHeight = 22.0 / 480;
constexpr double kLetterScale = 0.5 / 480;
constexpr double kPanelWidth = 0.5;
constexpr double kShade = 0.4;
constexpr LabelColor kOthers{110, 110, 110};

cv::Scalar in_bgr(const LabelColor& color) {
  return {double(color.blue), double(color.green), double(color.red)};
}

}  // namespace

void draw_result(const DrawnResult& result, int width, int height, std::uint8_t* bgr) {
  cv::Mat picture(height, width, CV_8UC3, bgr);
  const int line = std::max(10, static_cast<int>(std::lround(kLineHeight * height)));
  const double scale = std::max(0.25, kLetterScale * height);
  const int panel = std::min(width, std::max(120, static_cast<int>(kPanelWidth * width)));
  const std::size_t count = std::min(kBars, result.top.size());
  const int bottom = std::min(height, line * static_cast<int>(count) + line / 2);
  cv::Mat shaded = picture(cv::Rect(0, 0, panel, bottom));
  shaded.convertTo(shaded, -1, kShade);
  for (std::size_t i = 0; i < count; ++i) {
    const ScoredLabel& one = result.top[i];
    const int top = static_cast<int>(i) * line + line / 4;
    const int length =
        static_cast<int>(std::lround(std::clamp(one.score, 0.0F, 1.0F) * static_cast<float>(panel)));
    const LabelColor color =
        i == 0 && !result.none ? label_color(static_cast<std::size_t>(result.best)) : kOthers;
    cv::rectangle(picture, cv::Rect(0, top, length, line - 2), in_bgr(color), cv::FILLED);
    const std::string percent = std::to_string(std::lround(100 * one.score)) + "%";
    cv::putText(picture, drawable(one.label) + "  " + percent, {4, top + line - line / 3}, kFont, scale,
                in_bgr(ink_on(color)), 1, cv::LINE_AA);
  }
}

}  // namespace actionflow
