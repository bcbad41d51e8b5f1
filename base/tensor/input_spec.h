// The input form of a network: which pictures it was trained on.
//
// Every network file carries one; training and live classification prepare their clips by it, with
// the same code (datasets/pictures/prepare.h), so that what is classified is what was learned.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/config/config.h"

namespace actionflow {

enum class ColorOrder { rgb, bgr, gray };
enum class ResizeFilter { area, bilinear, bicubic, nearest };
// stretch: to height × width, whatever the picture's proportions. short_side: the shorter side to
// `size` (or to the crop's), keeping proportions, then a centre crop. fit: inside height × width, keeping
// proportions, in the middle, with black bars beside or above and below.
enum class ResizeMode { stretch, short_side, fit };
// Where the crop after short_side stands.
enum class Crop { center };
enum class Motion { none, difference, flow };

struct Resize {
  ResizeFilter filter = ResizeFilter::area;
  ResizeMode mode = ResizeMode::stretch;
  int size = 0;  // short side in pixels before the crop; 0: the smaller of height and width

  bool operator==(const Resize&) const = default;
  static void describe(config::Fields<Resize>& fields);
};

struct InputSpec {
  int channels = 3;        // with the motion channel, where there is one
  int frames = 16;         // samples in a clip
  double frame_rate = 25;  // samples a second
  int height = 112;        // pixels
  int width = 112;
  ColorOrder color = ColorOrder::rgb;
  double range = 1;          // what a byte of 255 becomes before mean and std
  std::vector<double> mean;  // one a channel, on the ranged values; empty: 0
  std::vector<double> std;   // empty: 1
  Resize resize;
  Crop crop = Crop::center;
  Motion motion = Motion::none;

  int color_channels() const { return color == ColorOrder::gray ? 1 : 3; }
  int motion_channels() const { return motion == Motion::none ? 0 : 1; }
  // False for a network that is fed with features or points (by `predict` or another network), where
  // `channels` is free and `color` means nothing.
  bool takes_pictures() const { return channels == color_channels() + motion_channels(); }
  // Seconds from one sample to the next.
  double interval() const { return 1.0 / frame_rate; }

  // What one prepared frame depends on: equal forms share their frames.
  bool same_frames(const InputSpec& other) const {
    return channels == other.channels && height == other.height && width == other.width &&
           color == other.color && resize == other.resize && motion == other.motion &&
           frame_rate == other.frame_rate;
  }

  bool operator==(const InputSpec&) const = default;

  static void describe(config::Fields<InputSpec>& fields);
  // channels has to fit color and motion where they are given; one color channel without `color` is
  // gray. A single number of mean or std becomes one a channel.
  void check(const config::Value& value, config::Diagnostics& diagnostics);
};

}  // namespace actionflow

namespace actionflow::config {

template <>
struct EnumNames<ColorOrder> {
  static constexpr std::array<std::pair<ColorOrder, std::string_view>, 3> names{
      {{ColorOrder::rgb, "rgb"}, {ColorOrder::bgr, "bgr"}, {ColorOrder::gray, "gray"}}};
};

template <>
struct EnumNames<ResizeFilter> {
  static constexpr std::array<std::pair<ResizeFilter, std::string_view>, 4> names{
      {{ResizeFilter::area, "area"},
       {ResizeFilter::bilinear, "bilinear"},
       {ResizeFilter::bicubic, "bicubic"},
       {ResizeFilter::nearest, "nearest"}}};
};

template <>
struct EnumNames<ResizeMode> {
  static constexpr std::array<std::pair<ResizeMode, std::string_view>, 3> names{
      {{ResizeMode::stretch, "stretch"}, {ResizeMode::short_side, "short_side"}, {ResizeMode::fit, "fit"}}};
};

template <>
struct EnumNames<Crop> {
  static constexpr std::array<std::pair<Crop, std::string_view>, 1> names{{{Crop::center, "center"}}};
};

template <>
struct EnumNames<Motion> {
  static constexpr std::array<std::pair<Motion, std::string_view>, 3> names{
      {{Motion::none, "none"}, {Motion::difference, "difference"}, {Motion::flow, "flow"}}};
};

}  // namespace actionflow::config
