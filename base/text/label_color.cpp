#include "base/text/label_color.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace actionflow {

namespace {

// Chosen for the greatest least distance (CIE 1976) of any two, as they are and as people without long,
// middle or short cones see them (Machado 2009), at relative luminances of 0.085 to 0.33: 15.4.
constexpr std::array<LabelColor, kLabelColors> kColors{{{0x11, 0x44, 0xee},
                                                        {0x88, 0x77, 0x00},
                                                        {0x33, 0xaa, 0xff},
                                                        {0xff, 0x33, 0x88},
                                                        {0x11, 0x66, 0x44},
                                                        {0x99, 0x99, 0xbb},
                                                        {0xaa, 0x11, 0x11},
                                                        {0x00, 0x88, 0x88},
                                                        {0xcc, 0x99, 0x77},
                                                        {0x99, 0x55, 0x66},
                                                        {0x55, 0x55, 0x77},
                                                        {0xaa, 0x66, 0xbb},
                                                        {0x44, 0xbb, 0x00},
                                                        {0x88, 0x22, 0xaa},
                                                        {0x66, 0x77, 0xff},
                                                        {0x66, 0x88, 0x55}}};

// Relative luminance as WCAG 2 has it.
double luminance(const LabelColor& color) {
  const auto linear = [](std::uint8_t value) {
    const double share = value / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

}  // namespace

LabelColor label_color(std::size_t place) { return kColors[place % kLabelColors]; }

LabelColor ink_on(const LabelColor& color) {
  constexpr double kAsFarFromBoth = 0.179;  // luminance at which both contrasts are the same
  return luminance(color) > kAsFarFromBoth ? LabelColor{0, 0, 0} : LabelColor{255, 255, 255};
}

std::string css(const LabelColor& color) {
  return fmt::format("#{:02x}{:02x}{:02x}", color.red, color.green, color.blue);
}

}  // namespace actionflow
