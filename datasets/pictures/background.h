// How much of a stream's picture moves: each sample against a background that follows it slowly.
//
// Looks at the small prepared pictures that networks get, so it costs next to nothing. A change of the whole
// picture's brightness is no movement, nor is noise, whose strength is estimated: it is more in the dark, and
// comes in waves from codecs. What stays where it came to is background after some seconds.
//
// The same samples give the same answers. Belongs to one stream; not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/pictures/prepare.h"

namespace actionflow {

class Background {
 public:
  // Samples are of this form, an interval apart. `threshold`: levels of 255 by which a pixel has to differ
  // from the background beside three standard deviations of the noise.
  Background(const InputSpec& form, double threshold);

  // The share of the picture that differs from the background, 0 to 1, pixels on their own left out; 1 for
  // the first sample, of which nothing is known.
  double moving_share(const PreparedFrame& frame);
  // A new segment begins.
  void reset();

  // Standard deviation of the noise of a pixel's luminance, in levels of 255.
  double noise() const { return noise_; }

 private:
  // Levels by which each pixel differs from the background, without the change of the whole.
  void take_differences(const PreparedFrame& frame);
  double noise_now() const;
  double differing_share(double levels) const;
  void follow();

  const double threshold_;
  const int height_, width_, color_channels_;
  const float follow_;  // share of a sample in the background
  std::int64_t samples_ = 0;
  double noise_ = 0;
  std::vector<float> luminance_, background_, differences_;
};

}  // namespace actionflow
