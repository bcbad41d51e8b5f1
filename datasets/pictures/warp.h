// One affine change of a picture: crop, scale, rotation, translation and mirror in a single resampling.
#pragma once

#include <array>
#include <cstdint>

namespace actionflow {

// Height × width × channels bytes, row by row; the pixels belong to somebody else.
struct PictureView {
  const std::uint8_t* pixels = nullptr;
  int height = 0, width = 0;
  int channels = 0;  // 1 or 3
};

// Where an output pixel's centre (x, y) lies in the source: (a·x + b·y + c, d·x + e·y + f), in pixels whose
// centres are whole numbers.
struct Affine {
  double a = 1, b = 0, c = 0;
  double d = 0, e = 1, f = 0;

  bool is_identity() const;
  // Source pixels for one of the output, along the axis where they are most.
  double shrink() const;
};

// Bicubic (a = −0.75) at positions of 1/32 pixel; a whole move copies pixels. Where the map shrinks by
// more than a tenth, the source is smoothed before by a Gaussian of σ = ½·√(shrink² − 1), which keeps
// what the output can show. Beyond the border its pixels are repeated. `out` holds height × width ×
// source.channels bytes and does not overlap the source. One thread; safe to call from many.
void warp(const PictureView& source, const Affine& map, int height, int width, std::uint8_t* out);

}  // namespace actionflow
