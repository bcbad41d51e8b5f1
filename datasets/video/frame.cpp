#include "datasets/video/frame.h"

#include <cmath>
#include <utility>

#include "datasets/video/ffmpeg.h"

namespace actionflow {

namespace {

// An aspect beyond this comes from damage, not from a camera.
constexpr double kMaxSampleAspect = 16;

int shown_width(const AVFrame& picture) {
  const AVRational aspect = picture.sample_aspect_ratio;
  if (aspect.num <= 0 || aspect.den <= 0) return picture.width;
  const double ratio = av_q2d(aspect);
  if (ratio > kMaxSampleAspect || ratio < 1 / kMaxSampleAspect) return picture.width;
  return std::max(1, static_cast<int>(std::lround(picture.width * ratio)));
}

}  // namespace

Frame::Frame(std::shared_ptr<const AVFrame> picture, std::int64_t pts_us, Orientation orientation)
    : picture_(std::move(picture)), pts_us_(pts_us), orientation_(orientation) {}

int Frame::coded_width() const { return picture_->width; }
int Frame::coded_height() const { return picture_->height; }

int Frame::display_width() const {
  return orientation_.transposed ? picture_->height : shown_width(*picture_);
}
int Frame::display_height() const {
  return orientation_.transposed ? shown_width(*picture_) : picture_->height;
}

}  // namespace actionflow
