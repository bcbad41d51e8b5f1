#include "datasets/color_change.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "datasets/motion.h"

namespace actionflow {

namespace {

struct Rgb {
  float r, g, b;
};

float clamped(float value) { return std::min(255.0F, std::max(0.0F, value)); }

// BT.601 by torchvision's coefficients, which do not quite sum to one.
float gray_of(const Rgb& c) { return 0.2989F * c.r + 0.587F * c.g + 0.114F * c.b; }

Rgb blended(const Rgb& c, float factor, float other) {
  const float rest = (1 - factor) * other;
  return {clamped(factor * c.r + rest), clamped(factor * c.g + rest), clamped(factor * c.b + rest)};
}

// The hexagonal colour model: hue in turns, −1/6…5/6.
Rgb turned(const Rgb& c, float turn) {
  const float most = std::max({c.r, c.g, c.b});
  const float spread = most - std::min({c.r, c.g, c.b});
  if (spread <= 0) return c;
  float sector = 0;
  if (most == c.r) {
    sector = (c.g - c.b) / spread;
  } else if (most == c.g) {
    sector = 2 + (c.b - c.r) / spread;
  } else {
    sector = 4 + (c.r - c.g) / spread;
  }
  sector += 6 * turn;
  // How far each colour falls short of the strongest, as HSV's k = (n + h/60°) mod 6 gives it.
  const auto channel = [&](float n) {
    float k = n + sector;
    k -= 6 * std::floor(k / 6);
    return most - spread * std::max(0.0F, std::min({k, 4 - k, 1.0F}));
  };
  return {channel(5), channel(3), channel(1)};
}

std::uint8_t rounded(float value) { return static_cast<std::uint8_t>(value + 0.5F); }

// One byte's brightness and contrast, unrounded.
float leveled(const ColorChange& change, float value) {
  const auto bright = clamped(value * static_cast<float>(change.brightness));
  const auto factor = static_cast<float>(change.contrast);
  return clamped(factor * bright +
                 (1 - factor) * clamped(static_cast<float>(change.pivot * change.brightness)));
}

std::array<float, 256> levels(const ColorChange& change) {
  std::array<float, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = leveled(change, static_cast<float>(i));
  return table;
}

}  // namespace

void change_colors(const ColorChange& change, ColorOrder order, std::uint8_t* pixels, std::size_t count) {
  const std::array<float, 256> level = levels(change);
  const bool keeps_colors = change.saturation == 1 && change.hue == 0;
  if (order == ColorOrder::gray || keeps_colors) {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) table[i] = rounded(level[i]);
    const std::size_t bytes = order == ColorOrder::gray ? count : 3 * count;
    for (std::size_t i = 0; i < bytes; ++i) pixels[i] = table[pixels[i]];
    return;
  }
  const std::size_t red = order == ColorOrder::bgr ? 2 : 0;
  const auto saturation = static_cast<float>(change.saturation);
  const auto turn = static_cast<float>(change.hue);
  for (std::size_t i = 0; i < count; ++i, pixels += 3) {
    Rgb color{level[pixels[red]], level[pixels[1]], level[pixels[2 - red]]};
    color = blended(color, saturation, gray_of(color));
    if (turn != 0) color = turned(color, turn);
    pixels[red] = rounded(color.r);
    pixels[1] = rounded(color.g);
    pixels[2 - red] = rounded(color.b);
  }
}

double mean_luma(ColorOrder order, const std::uint8_t* pixels, std::size_t count) {
  std::vector<std::uint8_t> luma(count);
  write_luma(order, pixels, order == ColorOrder::gray ? 1 : 3, count, luma.data());
  std::uint64_t sum = 0;
  for (const std::uint8_t value : luma) sum += value;
  return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count);
}

void add_noise(Random& random, double deviation, std::uint8_t* bytes, std::size_t count) {
  // Four even draws of 0…255: mean 4·127.5, variance 4·(256² − 1)/12.
  constexpr int kMean = 510;
  const double unit = std::sqrt(4 * (256.0 * 256.0 - 1) / 12);
  const auto scale = static_cast<std::int32_t>(std::lround(deviation / unit * 65536));
  for (std::size_t i = 0; i < count; ++i) {
    const auto draws = std::bit_cast<std::array<std::uint8_t, 4>>(random.bits());
    const std::int32_t noise = draws[0] + draws[1] + draws[2] + draws[3] - kMean;
    const std::int32_t value = bytes[i] + ((noise * scale + 32768) >> 16);
    bytes[i] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
  }
}

void Patch::fill(std::uint8_t* pixels, int picture_height, int picture_width, int channels) const {
  const auto pixel = [](double share, int size) {
    return static_cast<std::size_t>(std::clamp<long>(std::lround(share * size), 0, size));
  };
  const std::size_t first_row = pixel(top, picture_height), last_row = pixel(top + height, picture_height);
  const std::size_t first = pixel(left, picture_width), last = pixel(left + width, picture_width);
  const auto bytes = static_cast<std::size_t>(channels);
  for (std::size_t y = first_row; y < last_row; ++y) {
    std::uint8_t* to = pixels + (y * static_cast<std::size_t>(picture_width) + first) * bytes;
    for (std::size_t x = first; x < last; ++x)
      for (std::size_t c = 0; c < bytes; ++c) *to++ = color[c];
  }
}

}  // namespace actionflow
