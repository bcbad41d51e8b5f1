#include "nodes/sinks/stream_overlay.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/log/log.h"
#include "datasets/video/frame_bytes.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"
#include "nodes/sinks/sink_flow.h"

namespace actionflow {

namespace {

constexpr double kUsPerSecond = 1e6;
constexpr double kUsualRate = 25;
// A step between time stamps outside of this is no step of one recording.
constexpr double kLongestStep = 1e6;

bool can_be_opened(const std::filesystem::path& path) {
  try {
    const StopFlag never{false};
    SourceOptions options;
    options.source = path.string();
    return Reader::open(options, never)->read().has_value();
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

StreamOverlay::StreamOverlay(std::filesystem::path path, std::shared_ptr<const WindowProgress> progress,
                             double window_seconds, const OverlayLook& look,
                             std::unique_ptr<PublishedVideo> published)
    : path_(std::move(path)),
      progress_(std::move(progress)),
      most_seconds_(window_seconds + kMostSeconds),
      look_(look),
      last_start_(-std::numeric_limits<double>::infinity()),
      published_(std::move(published)) {}

void StreamOverlay::take(const Frames& frames, std::int64_t most_bytes) {
  live_ = most_bytes < kAsManyAsItTakes;
  for (const Frame& frame : frames) {
    waiting_.push_back({time_of(frame), frame, frame_bytes(frame)});
    waiting_bytes_ += waiting_.back().bytes;
  }
  write_covered();
  while (waiting_bytes_ > most_bytes && waiting_.size() > 1) {
    ++early_;
    write_first();
  }
}

void StreamOverlay::take(const ScoresItem& item) {
  const WindowInfo& window = item.ticket->window();
  if (item.outcome.has_value()) {
    const ClassScores& scores = *item.outcome.value();
    const auto best = std::max_element(scores.values.begin(), scores.values.end());
    results_.push_back({window.start, window.end, top_classes(scores.values, *scores.classes), scores.none,
                        static_cast<int>(best - scores.values.begin())});
  }
  answered(item.key, window);
}

void StreamOverlay::take(const EventsItem& item) {
  const bool under_way = !results_.empty() && std::isinf(results_.back().end);
  if (under_way && item.key.number > answered_) results_.back().end = item.ticket->window().end;
  const std::vector<EventResult> none;
  for (const EventResult& event : item.outcome.has_value() ? *item.outcome.value() : none) {
    if (event.change.kind != EventChange::begun && !results_.empty() && std::isinf(results_.back().end))
      results_.back().end = event.change.decided;
    if (event.over()) continue;
    results_.push_back({event.change.decided,
                        std::numeric_limits<double>::infinity(),
                        {{event.label, event.change.score}},
                        false,
                        event.change.label});
  }
  answered(item.key, item.ticket->window());
}

void StreamOverlay::answered(const ItemKey& key, const WindowInfo& window) {
  answered_ = key.number + 1;
  last_start_ = window.start;
  write_covered();
  if (failed_) results_.clear();  // nothing is drawn any more
}

void StreamOverlay::finish() {
  while (!waiting_.empty()) write_first();
  if (writer_) guard([this] { writer_->finish(); });
  writer_.reset();
  if (published_) published_->finish();
}

double StreamOverlay::time_of(const Frame& frame) {
  if (last_pts_us_) {
    const double step = static_cast<double>(frame.pts_us()) - static_cast<double>(*last_pts_us_);
    time_ += step > 0 && step < kLongestStep * kUsPerSecond ? step / kUsPerSecond : 1 / kUsualRate;
  }
  last_pts_us_ = frame.pts_us();
  return time_;
}

// Windows of a stream begin one after another and are answered in that order.
double StreamOverlay::covered_until() const {
  const WindowProgress::State cut = progress_->get();
  return answered_ >= cut.windows ? std::max(last_start_, cut.horizon) : last_start_;
}

void StreamOverlay::write_covered() {
  const double until = covered_until();
  while (!waiting_.empty() && waiting_.front().time < until) write_first();
  while (!waiting_.empty() && waiting_.front().time < time_ - most_seconds_) {
    ++early_;
    write_first();
  }
}

void StreamOverlay::write_first() {
  const Timed first = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= first.bytes;
  guard([&] {
    if (!preparer_) prepare_for(first.frame);
    if (!published_ && !writer_) open();
    const PreparedFramePtr prepared = preparer_->prepare(first.frame);
    pixels_.assign(prepared->data(), prepared->data() + prepared->size());
    draw_newest(first.time, *prepared);
    const auto pts_us = static_cast<std::int64_t>(first.time * kUsPerSecond);
    if (published_)
      published_->write(form_, pixels_.data(), pts_us);
    else
      writer_->write(pixels_.data(), pts_us);
  });
}

void StreamOverlay::draw_newest(double time, const PreparedFrame& picture) {
  while (!results_.empty() && results_.front().end <= time) results_.pop_front();
  const DrawnResult* newest = nullptr;
  for (const DrawnResult& result : results_) {
    if (result.start <= time && time < result.end) newest = &result;
  }
  if (newest)
    draw_result(*newest, look_, {picture.width(), picture.height(), ColorOrder::bgr, pixels_.data()});
}

// All pictures of a video have the size of its first.
void StreamOverlay::prepare_for(const Frame& frame) {
  InputSpec form;
  form.width = frame.display_width();
  form.height = frame.display_height();
  form.color = ColorOrder::bgr;
  form.resize.filter = ResizeFilter::bilinear;
  preparer_.emplace(form);
  form_.width = form.width;
  form_.height = form.height;
  form_.bgr = true;
  form_.growing = live_;
  if (!waiting_.empty() && waiting_.back().time > 0) {
    form_.frame_rate = static_cast<double>(waiting_.size()) / waiting_.back().time;
  }
}

void StreamOverlay::open() { writer_ = std::make_unique<VideoWriter>(path_, form_); }

void StreamOverlay::remove_broken(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error) && !can_be_opened(path) &&
      std::filesystem::remove(path, error))
    log::warn("{}: not written to its end, and removed, since no player could open it", path.string());
}

template <class Work>
void StreamOverlay::guard(Work&& work) {
  if (failed_) return;
  try {
    work();
  } catch (...) {
    failed_ = true;
    const Failure failure = Failure::from_current_exception();
    writer_.reset();
    std::error_code error;
    if (!std::filesystem::is_regular_file(path_, error) || can_be_opened(path_)) throw;
    std::filesystem::remove(path_, error);
    throw Error(failure.code, failure.message + "; the broken file was removed");
  }
}

}  // namespace actionflow
