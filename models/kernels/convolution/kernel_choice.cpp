#include "models/kernels/convolution/kernel_choice.h"

#include <fmt/format.h>

namespace actionflow::kernels {
namespace {

std::string text(const Axes& axes) { return fmt::format("{}x{}x{}", axes[0], axes[1], axes[2]); }

std::string text(const Layout& layout) {
  const Extents& e = layout.extents;
  return fmt::format("{} at {}x{} {}", e.c, e.h, e.w, to_string(layout.type));
}

}  // namespace

std::string choice_key(const Convolution& c, const Layout& in, const Layout& out) {
  const Axes ones{1, 1, 1}, none{0, 0, 0};
  std::string key = fmt::format("{} of {} to {}", text(c.kernel), text(in), text(out));
  if (c.stride != ones) key += ", stride " + text(c.stride);
  if (c.dilation != ones) key += ", dilation " + text(c.dilation);
  if (c.pad_begin != none || c.pad_end != none) key += ", pad " + text(c.pad_begin);
  if (c.pad_end != c.pad_begin) key += " and " + text(c.pad_end);
  if (c.groups != 1) key += fmt::format(", {} groups", c.groups);
  return key;
}

}  // namespace actionflow::kernels
