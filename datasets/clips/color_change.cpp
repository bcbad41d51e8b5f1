#include "datasets/clips/color_change.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "datasets/pictures/motion.h"

namespace actionflow {

namespace {

constexpr std::size_t kTile = 64;
constexpr float kHalf = 0.5F;

// Pixels side by side, a colour a row, so that loops over them become vector instructions.
struct Tile {
  std::array<float, kTile> r, g, b;
};

float clamped(float value) { return std::min(255.0F, std::max(0.0F, value)); }

void saturate(Tile& tile, float factor) {
  for (std::size_t i = 0; i < kTile; ++i) {
    // BT.601 by torchvision's coefficients, which do not quite sum to one.
    const float gray = 0.2989F * tile.r[i] + 0.587F * tile.g[i] + 0.114F * tile.b[i];
    const float rest = (1 - factor) * gray;
    tile.r[i] = clamped(factor * tile.r[i] + rest);
    tile.g[i] = clamped(factor * tile.g[i] + rest);
    tile.b[i] = clamped(factor * tile.b[i] + rest);
  }
}

// How far a colour falls short of the strongest, 0…1: HSV's k = (n + h/60°) mod 6, here of 0 or more.
float shortfall(float k) {
  k -= 6 * static_cast<float>(static_cast<int>(k * (1 / 6.0F)));
  return std::max(0.0F, std::min(std::min(k, 4 - k), 1.0F));
}

// Hue in the hexagonal colour model (HSV), in sixths of a turn.
void turn_hue(Tile& tile, float turn) {
  for (std::size_t i = 0; i < kTile; ++i) {
    const float r = tile.r[i], g = tile.g[i], b = tile.b[i];
    const float most = std::max(r, std::max(g, b));
    const float spread = most - std::min(r, std::min(g, b));
    const float scale = 1 / std::max(spread, 1e-6F);
    const float of_red = (g - b) * scale, of_green = 2 + (b - r) * scale, of_blue = 4 + (r - g) * scale;
    const float not_red = most == g ? of_green : of_blue;
    // Twelve keeps what is taken modulo six above zero.
    const float sector = (most == r ? of_red : not_red) + 6 * turn + 12;
    tile.r[i] = most - spread * shortfall(5 + sector);
    tile.g[i] = most - spread * shortfall(3 + sector);
    tile.b[i] = most - spread * shortfall(1 + sector);
  }
}

// Of values from 0 to 255; std::lround would be a call.
std::uint8_t rounded(float value) { return static_cast<std::uint8_t>(value + kHalf); }

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

void change_levels(const std::array<float, 256>& level, std::uint8_t* bytes, std::size_t count) {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = rounded(level[i]);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = table[bytes[i]];
}

}  // namespace

void change_colors(const ColorChange& change, ColorOrder order, std::uint8_t* pixels, std::size_t count) {
  const std::array<float, 256> level = levels(change);
  if (order == ColorOrder::gray) return change_levels(level, pixels, count);
  if (change.saturation == 1 && change.hue == 0) return change_levels(level, pixels, 3 * count);
  const std::size_t red = order == ColorOrder::bgr ? 2 : 0;
  const std::size_t blue = 2 - red;
  Tile tile{};
  for (; count > 0; count -= std::min(count, kTile), pixels += 3 * kTile) {
    const std::size_t filled = std::min(count, kTile);
    for (std::size_t i = 0; i < filled; ++i) {
      tile.r[i] = level[pixels[3 * i + red]];
      tile.g[i] = level[pixels[3 * i + 1]];
      tile.b[i] = level[pixels[3 * i + blue]];
    }
    if (change.saturation != 1) saturate(tile, static_cast<float>(change.saturation));
    if (change.hue != 0) turn_hue(tile, static_cast<float>(change.hue));
    for (std::size_t i = 0; i < filled; ++i) {
      pixels[3 * i + red] = rounded(tile.r[i]);
      pixels[3 * i + 1] = rounded(tile.g[i]);
      pixels[3 * i + blue] = rounded(tile.b[i]);
    }
  }
}

double mean_luma(ColorOrder order, const std::uint8_t* pixels, std::size_t count) {
  std::vector<std::uint8_t> luma(count);
  write_luma(order, pixels, order == ColorOrder::gray ? 1 : 3, count, luma.data());
  std::uint64_t sum = 0;
  for (const std::uint8_t value : luma) sum += value;
  return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count);
}

namespace {

constexpr std::size_t kGrains = 1 << 16, kGrainRun = 256;

// Normal numbers in 1024ths, the first ones again at the end, so that a run may start anywhere.
const std::vector<std::int16_t>& grains() {
  static const std::vector<std::int16_t> table = [] {
    Random random(0, "grain");
    std::vector<std::int16_t> grain(kGrains);
    for (std::int16_t& value : grain) value = static_cast<std::int16_t>(std::lround(random.normal() * 1024));
    grain.insert(grain.end(), grain.begin(), grain.begin() + kGrainRun);
    return grain;
  }();
  return table;
}

}  // namespace

void add_noise(Random& random, double deviation, std::uint8_t* bytes, std::size_t count) {
  const auto scale = static_cast<std::int32_t>(std::lround(deviation * 64));
  for (; count > 0; count -= std::min(count, kGrainRun), bytes += kGrainRun) {
    const std::int16_t* grain = grains().data() + random.below(kGrains);
    for (std::size_t i = 0; i < std::min(count, kGrainRun); ++i) {
      const std::int32_t value = bytes[i] + ((grain[i] * scale + 32768) >> 16);
      bytes[i] = static_cast<std::uint8_t>(std::clamp(value, 0, 255));
    }
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
