#include "pipeline/web/live_pictures.h"

#include <algorithm>

#include "datasets/pictures/encoding/frame_jpeg.h"
#include "datasets/pictures/encoding/jpeg.h"

namespace actionflow {

namespace {

constexpr int kPlainWidth = 640, kAnnotatedWidth = 960;

}  // namespace

LivePictures::Jpeg LivePictures::plain(const std::string& stream) { return newest(stream, Kind::plain); }

LivePictures::Jpeg LivePictures::annotated(const std::string& stream) {
  return newest(stream, Kind::annotated);
}

std::shared_ptr<LivePictures::Made> LivePictures::made_of(const std::string& stream, Kind kind) {
  const std::lock_guard lock(mutex_);
  auto& made = made_[{stream, kind}];
  if (!made) made = std::make_shared<Made>();
  return made;
}

LivePictures::Jpeg LivePictures::newest(const std::string& stream, Kind kind) {
  const Frame frame = sources_.newest_frame(stream);
  if (!frame) {
    const std::lock_guard lock(mutex_);
    made_.erase({stream, kind});
    return nullptr;
  }
  const auto made = made_of(stream, kind);
  const std::lock_guard lock(made->mutex);
  if (!made->jpeg || made->arrival_ns != frame.arrival_ns() || made->pts_us != frame.pts_us()) {
    made->jpeg = std::make_shared<const std::string>(kind == Kind::plain ? frame_jpeg(frame, kPlainWidth)
                                                                         : draw(stream, frame));
    made->arrival_ns = frame.arrival_ns();
    made->pts_us = frame.pts_us();
  }
  return made->jpeg;
}

std::string LivePictures::draw(const std::string& stream, const Frame& frame) const {
  RgbPicture picture = frame_picture(frame, kAnnotatedWidth);
  const OverlayLook look = sources_.look ? sources_.look() : OverlayLook();
  const DrawnResult found = found_in(stream);
  if (!found.top.empty())
    draw_result(found, look, {picture.width, picture.height, ColorOrder::rgb, picture.pixels.data()});
  return encode_jpeg(picture);
}

// The action that is under way, else the last window.
DrawnResult LivePictures::found_in(const std::string& stream) const {
  DrawnResult found;
  if (!sources_.latest) return found;
  const LatestResults::Latest latest = sources_.latest->latest(stream);
  found.top =
      latest.event ? std::vector<ScoredLabel>{{latest.event->label, latest.event->change.score}} : latest.top;
  found.none = !latest.event && latest.none;
  if (found.top.empty()) return found;
  const auto place = std::find(sources_.classes.begin(), sources_.classes.end(), found.top.front().label);
  found.best = static_cast<int>(place - sources_.classes.begin());
  return found;
}

}  // namespace actionflow
