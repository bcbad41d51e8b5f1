#include "pipeline/evaluation/streams/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text/html.h"
#include "base/text/label_color.h"

namespace actionflow {
namespace {

constexpr double kRowSeconds = 60, kTickSeconds = 5;
constexpr double kPageWidth = 1140, kRowHeight = 66;
constexpr double kTruthTop = 2, kDetectedTop = 25, kBarHeight = 20, kTickTop = 48;
constexpr double kLetterWidth = 6.6;

struct Bar {
  int label = -1;
  double start = 0, end = 0;
  double top = 0;
  bool wrong = false;
  std::string tooltip;
};

class Timeline {
 public:
  Timeline(const StreamDetections& stream, const std::vector<std::string>& classes) : classes_(classes) {
    std::vector<bool> found(stream.actions.size()), right(stream.detected.size());
    for (const DetectionMatch& match : match_detections({&stream, 1}, kLooseOverlap)) {
      if (match.action < 0) continue;
      found[static_cast<std::size_t>(match.action)] = true;
      right[match.detection] = true;
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
      const TimedAction& action = stream.actions[i];
      const bool missed = action.label >= 0 && !found[i];
      add({action.label, action.start, action.end, kTruthTop, missed, missed ? ", missed" : ""});
    }
    for (std::size_t i = 0; i < right.size(); ++i) {
      const DetectedAction& one = stream.detected[i];
      add({one.label, one.start, one.end, kDetectedTop, !right[i],
           fmt::format(", {:.0f} %", 100 * one.score)});
    }
  }

  std::string draw() const {
    std::string svg;
    double last = 0;
    for (const Bar& bar : bars_) last = std::max(last, bar.end);
    for (double from = 0; from < last; from += kRowSeconds) svg += draw_row(from);
    return svg;
  }

 private:
  std::string name_of(int label) const {
    if (label == kAmbiguous) return "ambiguous";
    return label < 0 ? "none of the classes" : classes_[static_cast<std::size_t>(label)];
  }

  void add(Bar bar) {
    bar.tooltip =
        fmt::format("{}, {:.1f} to {:.1f} s{}", name_of(bar.label), bar.start, bar.end, bar.tooltip);
    bars_.push_back(std::move(bar));
  }

  std::string draw_row(double from) const {
    std::string shown;
    for (const Bar& bar : bars_)
      if (bar.start < from + kRowSeconds && bar.end > from) shown += draw_bar(bar, from);
    if (shown.empty()) return shown;
    return fmt::format("<svg class='timeline' viewBox='0 0 {} {}' role='img'>", kPageWidth, kRowHeight) +
           ticks(from) + shown + "</svg>";
  }

  static double x_of(double seconds, double from) {
    return std::clamp((seconds - from) / kRowSeconds, 0.0, 1.0) * kPageWidth;
  }

  std::string draw_bar(const Bar& bar, double from) const {
    const double left = x_of(bar.start, from), width = std::max(2.0, x_of(bar.end, from) - left);
    const LabelColor color = label_color(static_cast<std::size_t>(std::max(0, bar.label)));
    std::string svg =
        fmt::format("<g{}><title>{}</title><rect x='{:.1f}' y='{}' width='{:.1f}' height='{}' fill='{}'/>",
                    bar.wrong ? " class='wrong'" : "", escape_html(bar.tooltip), left, bar.top, width,
                    kBarHeight, bar.label < 0 ? "#9998" : css(color));
    if (bar.label >= 0)
      svg += fmt::format("<text class='on' style='fill:{}' x='{:.1f}' y='{}'>{}</text>", css(ink_on(color)),
                         left + 3, bar.top + 14, escape_html(fitting(name_of(bar.label), width)));
    return svg + "</g>";
  }

  // As many letters as there is room for; a letter of UTF-8 is not cut.
  static std::string fitting(const std::string& name, double width) {
    auto room = static_cast<int>((width - 6) / kLetterWidth);
    std::string text;
    for (const char c : name) {
      const bool begins_letter = (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
      if (begins_letter && --room < 0) break;
      text += c;
    }
    return text;
  }

  static std::string ticks(double from) {
    std::string svg;
    for (double at = 0; at < kRowSeconds; at += kTickSeconds) {
      const auto second = static_cast<int>(from + at);
      const double x = at / kRowSeconds * kPageWidth;
      svg += fmt::format(
          "<line class='grid' x1='{0:.1f}' x2='{0:.1f}' y1='0' y2='{1}'/><text x='{0:.1f}' "
          "y='{2}'>{3}:{4:02}</text>",
          x, kTickTop, kRowHeight - 5, second / 60, second % 60);
    }
    return svg;
  }

  const std::vector<std::string>& classes_;
  std::vector<Bar> bars_;
};

}  // namespace

std::string draw_timeline(const StreamDetections& stream, const std::vector<std::string>& classes) {
  return Timeline(stream, classes).draw();
}

}  // namespace actionflow
