// Changes of colour: brightness, contrast, saturation and hue, grain, and one filled rectangle.
//
// Pictures are packed bytes of one channel (gray) or three (RGB or BGR), in full range. Functions of their
// arguments only; safe to call from many threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "base/tensor/input_spec.h"

namespace actionflow {

// Applied in this order, each as torchvision's ColorJitter does it, but rounded once, after the last one.
// Gray pictures take brightness and contrast.
struct ColorChange {
  double brightness = 1;  // factor
  double contrast = 1;    // factor of the distance from `pivot`
  double pivot = 128;     // luma around which contrast turns
  double saturation = 1;  // 0: gray, 1: as it is; beyond: stronger
  double hue = 0;         // share of a turn around the colour circle, −0.5…0.5

  bool changes_nothing() const { return brightness == 1 && contrast == 1 && saturation == 1 && hue == 0; }
};

void change_colors(const ColorChange& change, ColorOrder order, std::uint8_t* pixels, std::size_t count);

// Mean luma (motion.h) of `count` pixels.
double mean_luma(ColorOrder order, const std::uint8_t* pixels, std::size_t count);

// Adds normal noise of a standard deviation in 255ths: runs of 256 bytes, each from a random place of one
// fixed table of 65536 draws.
void add_noise(Random& random, double deviation, std::uint8_t* bytes, std::size_t count);

// A rectangle in shares of height and width.
struct Patch {
  double top = 0, left = 0, height = 0, width = 0;
  std::array<std::uint8_t, 4> color{};  // by channel

  // Fills what it covers, to whole pixels.
  void fill(std::uint8_t* pixels, int picture_height, int picture_width, int channels) const;
};

}  // namespace actionflow
