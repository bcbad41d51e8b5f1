// The motion channel: how each pixel of the output changed since the previous sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/tensor/input_spec.h"

namespace actionflow {

// The luma of prepared pixels: their gray byte, or BT.601's sum of their R', G' and B' (0.299, 0.587,
// 0.114), rounded. `pixels` holds `count` pixels of `channels` bytes, colours first. Taken from the output,
// so that a picture changed in training has the motion that the same picture would have live.
void write_luma(ColorOrder color, const std::uint8_t* pixels, int channels, std::size_t count,
                std::uint8_t* luma);

// Not thread-safe.
// - difference: |luma − previous luma|.
// - flow: length of Farnebäck's optical flow from the previous sample to this one (OpenCV: 3 levels of
//   a half, window 15, 3 iterations, polynomials of 5 and 1.2), 16 for each pixel of the output moved,
//   so that 255 stands for 16 pixels and more.
// Zero for the first sample, after reset(), and for a sample equal to the one before. The size stays
// the same for an object's life.
class MotionChannel {
 public:
  explicit MotionChannel(Motion motion) : motion_(motion) {}

  // Writes a byte a pixel to out, out + stride, …; `luma` is height × width, row by row.
  void write(const std::vector<std::uint8_t>& luma, int height, int width, std::uint8_t* out, int stride);
  void reset() { previous_.clear(); }

 private:
  Motion motion_;
  std::vector<std::uint8_t> previous_;  // empty: none
};

}  // namespace actionflow
