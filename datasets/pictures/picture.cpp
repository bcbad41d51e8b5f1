#include "datasets/pictures/picture.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace actionflow {

namespace {

constexpr int kGap = 2;
constexpr std::uint8_t kGapShade = 255;

cv::Mat matrix(RgbPicture& picture) {
  return {picture.height, picture.width, CV_8UC3, picture.pixels.data()};
}

void copy_pixel(const std::uint8_t* from, const InputSpec& input, Shown shown, std::uint8_t* to) {
  if (shown == Shown::motion) {
    std::fill_n(to, 3, from[input.color_channels()]);
  } else if (input.color == ColorOrder::gray) {
    std::fill_n(to, 3, from[0]);
  } else {
    const bool bgr = input.color == ColorOrder::bgr;
    for (int c = 0; c < 3; ++c) to[c] = from[bgr ? 2 - c : c];
  }
}

RgbPicture rgb_of(const PreparedFrame& frame, const InputSpec& input, Shown shown, int factor) {
  RgbPicture picture(frame.height() * factor, frame.width() * factor);
  std::uint8_t* to = picture.pixels.data();
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x, to += 3) {
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(y / factor) * frame.width() + x / factor;
      copy_pixel(frame.data() + pixel * frame.channels(), input, shown, to);
    }
  }
  return picture;
}

std::size_t chosen(std::size_t size, int place, int count) {
  if (count < 2) return size / 2;
  const auto last = static_cast<std::size_t>(count) - 1;
  return (static_cast<std::size_t>(place) * (size - 1) + last / 2) / last;
}

}  // namespace

RgbPicture::RgbPicture(int h, int w, std::uint8_t shade)
    : height(h), width(w), pixels(static_cast<std::size_t>(h) * static_cast<std::size_t>(w) * 3, shade) {}

std::string drawable(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) plain += c;
    if (byte >= 0xC0) plain += '?';  // the first byte of a longer letter
  }
  return plain;
}

RgbPicture film_strip(const std::vector<PreparedFramePtr>& clip, const InputSpec& input, Shown shown,
                      int count, int least_height) {
  if (clip.empty()) return {};
  const int frames = std::clamp(count, 1, static_cast<int>(clip.size()));
  const int factor = std::max(1, (least_height + input.height - 1) / input.height);
  RgbPicture strip(input.height * factor, frames * (input.width * factor + kGap) - kGap, kGapShade);
  for (int i = 0; i < frames; ++i) {
    const PreparedFrame& frame = *clip[chosen(clip.size(), i, frames)];
    paste(rgb_of(frame, input, shown, factor), i * (input.width * factor + kGap), 0, strip);
  }
  return strip;
}

void paste(const RgbPicture& from, int x, int y, RgbPicture& to) {
  const int width = std::min(from.width, to.width - x);
  const int height = std::min(from.height, to.height - y);
  for (int row = 0; row < height; ++row) {
    const auto source = static_cast<std::size_t>(row) * static_cast<std::size_t>(from.width) * 3;
    const auto target = (static_cast<std::size_t>(y + row) * static_cast<std::size_t>(to.width) +
                         static_cast<std::size_t>(x)) *
                        3;
    if (width > 0) std::copy_n(&from.pixels[source], width * 3, &to.pixels[target]);
  }
}

void write_text(const std::string& text, int x, int y, int height, RgbPicture& picture) {
  // The font's capitals are 21 pixels high at a scale of 1.
  cv::Mat pixels = matrix(picture);
  cv::putText(pixels, drawable(text), {x, y}, cv::FONT_HERSHEY_SIMPLEX, height / 21.0, cv::Scalar(0, 0, 0), 1,
              cv::LINE_AA);
}

}  // namespace actionflow
