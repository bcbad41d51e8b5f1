// Pictures made on the spot, and a plain reference for what becomes of them: every pixel to red, green
// and blue in double precision first, then each output pixel as the weighted sum of all pixels.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "datasets/video/ffmpeg.h"

namespace actionflow::testing {

using Picture = std::shared_ptr<AVFrame>;

inline Picture make_picture(AVPixelFormat format, int width, int height) {
  Picture picture(av_frame_alloc(), [](AVFrame* frame) { av_frame_free(&frame); });
  picture->format = format;
  picture->width = width;
  picture->height = height;
  if (av_frame_get_buffer(picture.get(), 0) < 0) throw std::bad_alloc();
  for (auto* plane : picture->buf) {
    if (plane) std::fill_n(plane->data, plane->size, std::uint8_t{0});
  }
  return picture;
}

// Where component `c` of the luma pixel (x, y) lies; formats of one byte a component.
inline std::uint8_t& component_at(const AVFrame& picture, int c, int x, int y) {
  const AVPixFmtDescriptor& description = *av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  const AVComponentDescriptor& place = description.comp[c];
  const bool chroma = (c == 1 || c == 2) && !(description.flags & AV_PIX_FMT_FLAG_RGB);
  const int column = chroma ? x >> description.log2_chroma_w : x;
  const int row = chroma ? y >> description.log2_chroma_h : y;
  return picture.data[place.plane][row * picture.linesize[place.plane] + column * place.step + place.offset];
}

using Content = std::function<int(int c, int x, int y)>;

inline Content noise(unsigned seed) {
  auto random = std::make_shared<std::mt19937>(seed);
  return [random](int, int, int) { return static_cast<int>((*random)() % 256); };
}

// Slopes, edges and a little grain, inside the range that every matrix can show.
inline Content scene(unsigned seed) {
  auto random = std::make_shared<std::mt19937>(seed);
  return [random](int c, int x, int y) {
    const double wave = std::sin(x * 0.07 + c) * std::cos(y * 0.05 - c);
    const bool disc = std::hypot(x - 90 - 30 * c, y - 70) < 40;
    const double value = c == 0 ? 120 + 50 * wave + (disc ? 40 : 0) : 128 + 25 * wave + (disc ? 12 : 0);
    return static_cast<int>(std::lround(value)) + static_cast<int>((*random)() % 7) - 3;
  };
}

inline Picture filled(AVPixelFormat format, int width, int height, const Content& content) {
  Picture picture = make_picture(format, width, height);
  const AVPixFmtDescriptor& description = *av_pix_fmt_desc_get(format);
  for (int c = 0; c < description.nb_components; ++c) {
    const bool chroma = (c == 1 || c == 2) && !(description.flags & AV_PIX_FMT_FLAG_RGB);
    const int step_x = chroma ? 1 << description.log2_chroma_w : 1;
    const int step_y = chroma ? 1 << description.log2_chroma_h : 1;
    for (int y = 0; y < height; y += step_y) {
      for (int x = 0; x < width; x += step_x) {
        component_at(*picture, c, x, y) = static_cast<std::uint8_t>(std::clamp(content(c, x, y), 0, 255));
      }
    }
  }
  return picture;
}

inline PreparedFramePtr prepared(const InputSpec& spec, const Picture& picture,
                                 Orientation orientation = {}) {
  return Preparer(spec).prepare(Frame(picture, 0, orientation));
}

// Three values a pixel, row by row.
struct Image {
  int width = 0, height = 0;
  std::vector<double> values;

  Image(int w, int h) : width(w), height(h), values(static_cast<std::size_t>(w) * h * 3) {}
  double& at(int c, int x, int y) { return values[(static_cast<std::size_t>(y) * width + x) * 3 + c]; }
  double at(int c, int x, int y) const { return values[(static_cast<std::size_t>(y) * width + x) * 3 + c]; }
};

// The matrices of ITU-R BT.601 (kr 0.299, kb 0.114), BT.709 and so on, spelled out.
struct Matrix {
  double kr, kb;
  bool full;
};
inline constexpr Matrix kLimited601{0.299, 0.114, false};

inline std::array<double, 3> to_rgb(const Matrix& m, double y, double u, double v) {
  const double luma = m.full ? y / 255 : (y - 16) / 219;
  const double cb = m.full ? (u - 128) / 255 : (u - 128) / 224;
  const double cr = m.full ? (v - 128) / 255 : (v - 128) / 224;
  const double r = luma + 2 * (1 - m.kr) * cr;
  const double b = luma + 2 * (1 - m.kb) * cb;
  const double g = (luma - m.kr * r - m.kb * b) / (1 - m.kr - m.kb);
  return {255 * r, 255 * g, 255 * b};
}

// Each pixel as 2×2 equal ones, so that chroma that lies at the left one of two luma pixels falls on
// whole ones: its sample j covers luma 2j−½ to 2j+1½. Chroma is repeated, not smoothed.
inline Image doubled_rgb(const AVFrame& picture, const Matrix& matrix, bool chroma_left) {
  const auto format = static_cast<AVPixelFormat>(picture.format);
  const AVPixFmtDescriptor& description = *av_pix_fmt_desc_get(format);
  Image image(picture.width * 2, picture.height * 2);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const bool shifted = chroma_left && description.log2_chroma_w == 1;
      const int chroma_x = std::min(shifted ? (x + 1) / 2 : x / 2, (picture.width + 1) / 2 * 2 - 1);
      const double a = component_at(picture, 0, x / 2, y / 2);
      const double b = component_at(picture, 1, chroma_x, y / 2);
      const double c = component_at(picture, 2, chroma_x, y / 2);
      const bool rgb = (description.flags & AV_PIX_FMT_FLAG_RGB) != 0;
      const auto pixel = rgb ? std::array<double, 3>{a, b, c} : to_rgb(matrix, a, b, c);
      for (int k = 0; k < 3; ++k) image.at(k, x, y) = pixel[static_cast<std::size_t>(k)];
    }
  }
  return image;
}

inline Image plain_rgb(const AVFrame& picture, const Matrix& matrix) {
  const Image doubled = doubled_rgb(picture, matrix, false);
  Image image(picture.width, picture.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c) image.at(c, x, y) = doubled.at(c, 2 * x, 2 * y);
    }
  }
  return image;
}

inline double reference_weight(ResizeFilter filter, int j, double begin, double step) {
  const double d = std::abs(j + 0.5 - begin - step / 2) / std::max(step, 1.0);
  switch (filter) {
    case ResizeFilter::nearest:
      return j == std::floor(begin + step / 2) ? 1 : 0;
    case ResizeFilter::area:
      return std::max(0.0, std::min(j + 1.0, begin + step) - std::max<double>(j, begin));
    case ResizeFilter::bilinear:
      return std::max(0.0, 1 - d);
    default:
      if (d >= 2) return 0;
      return d < 1 ? 1.5 * d * d * d - 2.5 * d * d + 1 : -0.5 * d * d * d + 2.5 * d * d - 4 * d + 2;
  }
}

inline Image transposed(const Image& image) {
  Image result(image.height, image.width);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < 3; ++c) result.at(c, y, x) = image.at(c, x, y);
    }
  }
  return result;
}

inline Image resized_columns(const Image& image, ResizeFilter filter, int width) {
  Image result(width, image.height);
  const double step = static_cast<double>(image.width) / width;
  for (int x = 0; x < width; ++x) {
    double total = 0;
    for (int j = 0; j < image.width; ++j) {
      const double w = reference_weight(filter, j, x * step, step);
      total += w;
      if (w == 0) continue;
      for (int y = 0; y < image.height; ++y) {
        for (int c = 0; c < 3; ++c) result.at(c, x, y) += w * image.at(c, j, y);
      }
    }
    for (int y = 0; y < image.height; ++y) {
      for (int c = 0; c < 3; ++c) result.at(c, x, y) /= total;
    }
  }
  return result;
}

inline Image resized(const Image& image, ResizeFilter filter, int width, int height) {
  return transposed(resized_columns(transposed(resized_columns(image, filter, width)), filter, height));
}

// A quarter turn clockwise: what stood at the left stands at the top.
inline Image turned(const Image& image) {
  Image result(image.height, image.width);
  for (int y = 0; y < result.height; ++y) {
    for (int x = 0; x < result.width; ++x) {
      for (int c = 0; c < 3; ++c) result.at(c, x, y) = image.at(c, y, image.height - 1 - x);
    }
  }
  return result;
}

inline Image cropped(const Image& image, int left, int top, int width, int height) {
  Image result(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) result.at(c, x, y) = image.at(c, left + x, top + y);
    }
  }
  return result;
}

struct Difference {
  double greatest = 0, mean = 0;
};

// The first three channels of the output against the reference, cut to 0…255.
inline Difference difference(const PreparedFrame& frame, const Image& reference) {
  Difference result;
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      for (int c = 0; c < 3; ++c) {
        const int got = frame.data()[(y * frame.width() + x) * frame.channels() + c];
        const double d = std::abs(got - std::clamp(reference.at(c, x, y), 0.0, 255.0));
        result.greatest = std::max(result.greatest, d);
        result.mean += d / (3.0 * frame.width() * frame.height());
      }
    }
  }
  return result;
}

}  // namespace actionflow::testing
