#include "nodes/sinks/draw_result.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "base/text/label_color.h"
#include "datasets/pictures/picture.h"

namespace actionflow {

namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
// Heights of a line and its letters, for a picture 480 pixels high.
constexpr double kLineHeight = 22.0 / 480;
constexpr double kLetterScale = 0.5 / 480;
constexpr double kPanelWidth = 0.5;
constexpr double kShade = 0.4;
constexpr LabelColor kOthers{110, 110, 110}, kWhite{255, 255, 255};

cv::Scalar in_order(const LabelColor& color, ColorOrder order) {
  const double first = order == ColorOrder::rgb ? color.red : color.blue;
  const double last = order == ColorOrder::rgb ? color.blue : color.red;
  return {first, double(color.green), last};
}

}  // namespace

void draw_result(const DrawnResult& result, const OverlayLook& look, const DrawnPicture& to) {
  const std::size_t count = std::min(static_cast<std::size_t>(look.classes), result.top.size());
  if (count == 0) return;
  cv::Mat picture(to.height, to.width, CV_8UC3, to.pixels);
  const double height = look.size * to.height;
  const int line = std::max(10, static_cast<int>(std::lround(kLineHeight * height)));
  const double scale = std::max(0.25, kLetterScale * height);
  const int panel = std::min(to.width, std::max(120, static_cast<int>(kPanelWidth * look.size * to.width)));
  const int bottom = std::min(to.height, line * static_cast<int>(count) + line / 2);
  cv::Mat shaded = picture(cv::Rect(0, 0, panel, bottom));
  shaded.convertTo(shaded, -1, kShade);
  for (std::size_t i = 0; i < count; ++i) {
    const ScoredLabel& one = result.top[i];
    const int top = static_cast<int>(i) * line + line / 4;
    const int length =
        static_cast<int>(std::lround(std::clamp(one.score, 0.0F, 1.0F) * static_cast<float>(panel)));
    const LabelColor color =
        i == 0 && !result.none ? label_color(static_cast<std::size_t>(result.best)) : kOthers;
    const std::string text = drawable(one.label) + "  " + std::to_string(std::lround(100 * one.score)) + "%";
    const cv::Rect whole(0, 0, to.width, to.height);
    cv::Mat beside = picture(cv::Rect(0, top, panel, line - 2) & whole);
    cv::Mat bar = picture(cv::Rect(0, top, length, line - 2) & whole);
    const auto write = [&](cv::Mat& where, const LabelColor& ink) {
      if (!where.empty())
        cv::putText(where, text, {4, line - line / 3}, kFont, scale, in_order(ink, to.order), 1, cv::LINE_AA);
    };
    // Letters that reach beyond the bar stand on the shaded picture there.
    write(beside, kWhite);
    bar.setTo(in_order(color, to.order));
    write(bar, ink_on(color));
  }
}

}  // namespace actionflow
