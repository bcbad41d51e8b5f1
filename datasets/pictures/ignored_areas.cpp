#include "datasets/pictures/ignored_areas.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "datasets/video/ffmpeg.h"

namespace actionflow {

namespace {

constexpr std::uint8_t kMostlyIgnored = 128;

InputSpec gray_form(InputSpec form) {
  form.channels = 1;
  form.color = ColorOrder::gray;
  form.motion = Motion::none;
  return form;
}

Polygon after_crop(Polygon polygon, const Region& crop) {
  for (Point& corner : polygon)
    for (std::size_t axis = 0; axis < 2; ++axis) corner[axis] = (corner[axis] - crop[axis]) / crop[axis + 2];
  return polygon;
}

// A picture like `frame`, as coded, white inside the polygons of the shown one.
Frame drawn(const std::vector<Polygon>& polygons, const Frame& frame) {
  UniqueFrame picture(av_frame_alloc());
  if (!picture) throw std::bad_alloc();
  picture->format = AV_PIX_FMT_GRAY8;
  picture->color_range = AVCOL_RANGE_JPEG;
  picture->width = frame.coded_width();
  picture->height = frame.coded_height();
  picture->sample_aspect_ratio = frame.picture()->sample_aspect_ratio;
  if (av_frame_get_buffer(picture.get(), 0) < 0) throw std::bad_alloc();
  cv::Mat pixels(picture->height, picture->width, CV_8UC1, picture->data[0],
                 static_cast<std::size_t>(picture->linesize[0]));
  pixels.setTo(0);
  const Orientation& turned = frame.orientation();
  for (const Polygon& polygon : polygons) {
    std::vector<cv::Point> corners;
    for (const Point& corner : polygon) {
      double x = turned.mirrored_x ? 1 - corner[0] : corner[0];
      double y = turned.mirrored_y ? 1 - corner[1] : corner[1];
      if (turned.transposed) std::swap(x, y);
      corners.emplace_back(static_cast<int>(std::lround(x * picture->width)),
                           static_cast<int>(std::lround(y * picture->height)));
    }
    cv::fillPoly(pixels, std::vector<std::vector<cv::Point>>{corners}, 255);
  }
  return {std::shared_ptr<const AVFrame>(picture.release(), [](AVFrame* p) { av_frame_free(&p); }),
          frame.pts_us(), turned};
}

}  // namespace

IgnoredAreas::IgnoredAreas(std::vector<Polygon> polygons, const std::optional<Region>& crop,
                           const InputSpec& form)
    : polygons_(std::move(polygons)), form_(gray_form(form)) {
  if (!crop) return;
  for (Polygon& polygon : polygons_) polygon = after_crop(std::move(polygon), *crop);
}

PreparedFramePtr IgnoredAreas::without(const PreparedFramePtr& sample, const Frame& frame) {
  const bool drawn_for_it =
      frame.coded_width() == width_ && frame.coded_height() == height_ && frame.orientation() == orientation_;
  if (!drawn_for_it) draw(frame);
  auto left = std::make_shared<PreparedFrame>(*sample);
  std::uint8_t* pixel = left->data();
  for (const bool ignored : ignored_) {
    if (ignored) std::fill_n(pixel, left->channels(), std::uint8_t{0});
    pixel += left->channels();
  }
  return left;
}

void IgnoredAreas::draw(const Frame& frame) {
  const PreparedFramePtr areas = Preparer(form_).prepare(drawn(polygons_, frame));
  ignored_.assign(areas->size(), false);
  std::transform(areas->data(), areas->data() + areas->size(), ignored_.begin(),
                 [](std::uint8_t share) { return share >= kMostlyIgnored; });
  width_ = frame.coded_width();
  height_ = frame.coded_height();
  orientation_ = frame.orientation();
}

}  // namespace actionflow
