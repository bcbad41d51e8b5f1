// All that is drawn at random for the pictures of one training clip, and how one frame is changed by it.
#pragma once

#include <cstdint>
#include <optional>

#include "datasets/clips/augment_geometry.h"
#include "datasets/clips/color_change.h"
#include "datasets/pictures/prepare.h"
#include "datasets/pictures/shake.h"

namespace actionflow {

struct ClipChange {
  Geometry geometry;
  std::optional<ShakePath> shake;  // in shares of the kept frame's width
  double blur = 0;                 // deviation in pixels of the output; 0: none
  ColorChange colors;              // its pivot is the caller's to set
  double noise = 0;                // deviation in 255ths
  std::uint64_t noise_seed = 0;
  std::optional<Patch> erased;

  // All but the mirror. `seconds`: the video's duration.
  static ClipChange draw(const AugmentOptions& options, const InputSpec& input, double seconds,
                         std::uint64_t seed, std::uint32_t epoch, std::uint64_t sample);

  // Frame `frame` of the video in the input's size: warped, blurred, coloured, with noise. A function of
  // its arguments, so a frame that is shown twice is the same picture twice.
  void paint(const VideoFrames& video, std::int64_t frame, const InputSpec& input, std::uint8_t* out) const;
  // Fills what is erased of a sample, where something is; there is no motion there.
  void erase(const InputSpec& input, PreparedFrame& sample) const;
};

}  // namespace actionflow
