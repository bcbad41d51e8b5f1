#include "datasets/clips/picture_samples.h"

#include <algorithm>

namespace actionflow {

PictureSamples::PictureSamples(const InputSpec& input)
    : input_(input),
      motion_(input.motion),
      pixels_(static_cast<std::size_t>(input.height) * static_cast<std::size_t>(input.width)),
      picture_(pixels_ * static_cast<std::size_t>(input.color_channels())),
      luma_(input.motion == Motion::none ? 0 : pixels_),
      change_(luma_.size()) {}

void PictureSamples::show() {
  if (input_.motion == Motion::none) return;
  write_luma(input_.color, picture_.data(), input_.color_channels(), pixels_, luma_.data());
  motion_.write(luma_, input_.height, input_.width, change_.data(), 1);
}

std::shared_ptr<PreparedFrame> PictureSamples::sample() const {
  const int colors = input_.color_channels();
  auto out = std::make_shared<PreparedFrame>(input_.height, input_.width, colors + input_.motion_channels());
  if (input_.motion == Motion::none) {
    std::copy(picture_.begin(), picture_.end(), out->data());
    return out;
  }
  const std::uint8_t* from = picture_.data();
  std::uint8_t* to = out->data();
  for (const std::uint8_t moved : change_) {
    for (int c = 0; c < colors; ++c) *to++ = *from++;
    *to++ = moved;
  }
  return out;
}

}  // namespace actionflow
