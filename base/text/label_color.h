// The colours that labels have wherever they are drawn: in annotated videos, on pages, along timelines.
//
// A label's colour follows from its place in its network's class list, so it is the same in all of them. The
// first few differ most; all differ for people who see red and green alike, stand out on white and on black,
// and begin anew after kLabelColors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace actionflow {

struct LabelColor {
  std::uint8_t red = 0, green = 0, blue = 0;
  bool operator==(const LabelColor&) const = default;
};

inline constexpr std::size_t kLabelColors = 16;

LabelColor label_color(std::size_t place);
// White or black, whichever is easier to read on the colour.
LabelColor ink_on(const LabelColor& color);
// "#3084a8"
std::string css(const LabelColor& color);

}  // namespace actionflow
