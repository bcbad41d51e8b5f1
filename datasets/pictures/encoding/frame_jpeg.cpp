#include "datasets/pictures/encoding/frame_jpeg.h"

#include <algorithm>
#include <cmath>

#include "datasets/pictures/encoding/jpeg.h"
#include "datasets/pictures/prepare.h"

namespace actionflow {

RgbPicture frame_picture(const Frame& frame, int most_width) {
  const int width = std::min(frame.display_width(), most_width);
  const double scale = static_cast<double>(width) / frame.display_width();
  InputSpec form;
  form.width = width;
  form.height = std::max(1, static_cast<int>(std::lround(frame.display_height() * scale)));
  form.resize.filter = ResizeFilter::area;
  const PreparedFramePtr prepared = Preparer(form).prepare(frame);
  RgbPicture picture(form.height, form.width);
  std::copy_n(prepared->data(), prepared->size(), picture.pixels.begin());
  return picture;
}

std::string frame_jpeg(const Frame& frame, int most_width) {
  return encode_jpeg(frame_picture(frame, most_width));
}

}  // namespace actionflow
