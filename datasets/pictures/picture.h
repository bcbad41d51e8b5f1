// A picture in memory, and text and film strips drawn on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/pictures/prepare.h"

namespace actionflow {

// Height × width × 3 bytes: red, green, blue.
struct RgbPicture {
  int height = 0, width = 0;
  std::vector<std::uint8_t> pixels;

  RgbPicture() = default;
  // Filled with one shade of gray.
  RgbPicture(int height, int width, std::uint8_t shade = 0);
};

// What OpenCV's letters can show: a letter beyond ASCII becomes '?'.
std::string drawable(const std::string& text);

enum class Shown { colors, motion };

// `count` samples of a clip, evenly chosen from the first to the last, side by side with a line between
// them, each enlarged by a whole factor to at least `least_height` pixels. Motion is shown as gray; the
// clip's form must have it.
RgbPicture film_strip(const std::vector<PreparedFramePtr>& clip, const InputSpec& input, Shown shown,
                      int count, int least_height = 72);

// Copies `from` into `to` with its top left corner at (x, y); what does not fit is left out.
void paste(const RgbPicture& from, int x, int y, RgbPicture& to);

// Black letters, `height` pixels high, their foot at y.
void write_text(const std::string& text, int x, int y, int height, RgbPicture& picture);

}  // namespace actionflow
