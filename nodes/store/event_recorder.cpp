#include "nodes/store/event_recorder.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/files/atomic_file.h"
#include "base/log/log.h"
#include "datasets/pictures/encoding/frame_jpeg.h"
#include "datasets/video/decoding/decoder.h"

namespace actionflow {

namespace {

constexpr double kUsPerSecond = 1e6;
constexpr std::int64_t kNsPerUs = 1000;
constexpr int kPictureWidth = 640;
constexpr const char* kPicture = ".jpg";

// The last one that is shown at this time or before, else the first.
Frame decode_frame(const PacketRing& ring, std::int64_t pts_us) {
  const std::unique_ptr<Decoder> decoder = Decoder::create_for_picture(ring.parameters());
  Frame found;
  std::vector<Frame> frames;
  const auto look = [&] {
    for (const Frame& frame : frames) {
      if (found && frame.pts_us() > pts_us) return true;
      found = frame;
    }
    frames.clear();
    return false;
  };
  for (std::int64_t number = ring.key_frame(pts_us); number < ring.end(); ++number) {
    decoder->decode(ring.at(number), frames);
    if (look()) return found;
  }
  decoder->flush(frames);
  look();
  return found;
}

}  // namespace

EventRecorder::EventRecorder(std::shared_ptr<EventStore> store, std::string stream,
                             const RecordOptions& options, const Clock& clock)
    : store_(std::move(store)),
      stream_(std::move(stream)),
      options_(options),
      ring_(options.before + kHeldSeconds, kHeldBytes),
      time_of_day_(clock) {}

template <class Work>
void EventRecorder::guard(Work&& work) {
  try {
    work();
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
}

void EventRecorder::rethrow() {
  if (const auto failure = std::exchange(failure_, nullptr)) std::rethrow_exception(failure);
}

std::int64_t EventRecorder::pts_of(const EventResult& event, double seconds) const {
  std::int64_t zero_us = event.zero_pts_us;
  const std::optional<std::int64_t> zero_ns = options_.apart ? time_of_day_.zero_ns() : std::nullopt;
  if (zero_ns && event.zero_ns) zero_us = (*event.zero_ns - *zero_ns) / kNsPerUs;
  return zero_us + std::llround(seconds * kUsPerSecond);
}

double EventRecorder::seconds_of(const EventResult& event, std::int64_t pts_us) const {
  return static_cast<double>(pts_us - pts_of(event, 0)) / kUsPerSecond;
}

void EventRecorder::take(const PacketItem& item) {
  // A packet that was dropped on its way here would be missing in the clip.
  const bool gap = last_number_ && item.key.number != *last_number_ + 1;
  last_number_ = item.key.number;
  if (gap || item.mark == Mark::begin) {
    finish_clips(true);
    ring_.begin(ring_.parameters());
  }
  if (item.outcome.has_value()) {
    const PacketMessage& message = item.outcome.value();
    if (item.mark == Mark::begin) {
      ring_.begin(message.parameters);
      time_of_day_.reset();
    }
    if (ring_.push(message.packet)) {
      time_of_day_.note(ring_.pts_us(ring_.end() - 1) * kNsPerUs, message.packet.arrival_ns(),
                        message.packet.taken_ns());
      write_clips();
    }
  }
  connection_over_ = item.mark != Mark::none && item.mark != Mark::begin;
  if (connection_over_) finish_clips(false);
  rethrow();
}

void EventRecorder::write_clips() {
  for (auto at = recorded_.begin(); at != recorded_.end();) {
    const bool done = at->second.clip && write_clip(at->second, false);
    at = done ? recorded_.erase(at) : std::next(at);
  }
}

// `all`: nothing more comes. True where nothing is left of the event.
bool EventRecorder::write_clip(Recorded& recorded, bool all) {
  Clip& clip = *recorded.clip;
  // A stretch that is not held would be missing in between.
  bool whole = clip.next < ring_.first();
  try {
    while (!whole && clip.next < ring_.end() && (all || recorded.over || is_ripe(clip.next))) {
      whole = ring_.pts_us(clip.next) > clip.stop_us;
      if (!whole) clip.writer->write(ring_.at(clip.next++));
    }
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
    recorded.clip.reset();
    return recorded.over;
  }
  return (whole || all) && finish_clip(recorded);
}

// Late enough, or soon to be let go.
bool EventRecorder::is_ripe(std::int64_t number) const {
  const std::int64_t late_us = ring_.pts_us(ring_.end() - 1) - ring_.pts_us(number);
  return static_cast<double>(late_us) >= kLateSeconds * kUsPerSecond || ring_.bytes() > kHeldBytes / 2;
}

void EventRecorder::take(const Events& events) {
  store_->tidy_if_due();
  for (const EventResult& event : *events) guard([&] { take(event); });
  rethrow();
}

void EventRecorder::take(const EventResult& event) {
  const auto [at, fresh] = recorded_.try_emplace(event.id);
  Recorded& recorded = at->second;
  recorded.over = event.over();
  if (fresh) {
    try {
      begin(recorded, event);
    } catch (...) {
      if (recorded.number == 0) recorded_.erase(at);
      throw;
    }
  } else {
    store_->update(recorded.number, event);
  }
  if (!event.over()) return;
  if (options_.record && holds(event))
    guard([&] { take_picture(recorded.number, pts_of(event, (event.change.start + event.change.end) / 2)); });
  if (!recorded.clip) {
    recorded_.erase(at);
    return;
  }
  recorded.clip->stop_us = std::min(recorded.clip->stop_us, pts_of(event, event.change.end + options_.after));
  if (write_clip(recorded, connection_over_)) recorded_.erase(at);
}

void EventRecorder::begin(Recorded& recorded, const EventResult& event) {
  recorded.number = store_->add(event);
  if (!options_.record || !holds(event)) return;
  guard([&] { take_picture(recorded.number, pts_of(event, event.change.decided)); });
  guard([&] { begin_clip(recorded, event); });
}

// What is held may be of a later connection, whose time stamps say something else.
bool EventRecorder::holds(const EventResult& event) const {
  if (ring_.first() == ring_.end()) return false;
  return pts_of(event, event.change.start - options_.before) <= ring_.pts_us(ring_.end() - 1) &&
         pts_of(event, event.change.decided) >= ring_.pts_us(ring_.first());
}

void EventRecorder::begin_clip(Recorded& recorded, const EventResult& event) {
  const std::string suffix = PacketWriter::suffix_for(*ring_.parameters());
  if (suffix.empty()) {
    if (!std::exchange(refusal_told_, true))
      log::warn("{}: its codec cannot be copied into a video file; its events have pictures and no clips",
                stream_);
    return;
  }
  const std::int64_t first = ring_.key_frame(pts_of(event, event.change.start - options_.before));
  Clip clip;
  clip.suffix = suffix;
  clip.start = seconds_of(event, ring_.pts_us(first));
  clip.stop_us = ring_.pts_us(first) + std::llround(options_.longest * kUsPerSecond);
  clip.writer = std::make_unique<PacketWriter>(store_->file_of(recorded.number, suffix + kUnfinished), suffix,
                                               *ring_.parameters(), ring_.at(first));
  clip.next = first;
  recorded.clip = std::move(clip);
}

void EventRecorder::take_picture(std::int64_t number, std::int64_t pts_us) {
  // What is no longer held would be another moment's.
  if (ring_.first() == ring_.end() || ring_.pts_us(ring_.first()) > pts_us) return;
  std::string jpeg;
  try {
    if (const Frame frame = decode_frame(ring_, pts_us)) jpeg = frame_jpeg(frame, kPictureWidth);
  } catch (const SourceError&) {
    return;  // no such decoder, or an odd picture: the event stands without one
  }
  if (jpeg.empty()) return;
  replace_file(store_->file_of(number, kPicture), jpeg);
  store_->add_picture(number, kPicture);
}

// True where nothing more comes of the event.
bool EventRecorder::finish_clip(Recorded& recorded) {
  Clip clip = std::move(*recorded.clip);
  recorded.clip.reset();
  guard([&] {
    clip.writer->finish();
    std::filesystem::rename(store_->file_of(recorded.number, clip.suffix + kUnfinished),
                            store_->file_of(recorded.number, clip.suffix));
    store_->add_clip(recorded.number, clip.suffix, clip.start);
    store_->tidy();
  });
  return recorded.over;
}

// All, or those of events that are over.
void EventRecorder::finish_clips(bool all) {
  for (auto at = recorded_.begin(); at != recorded_.end();) {
    Recorded& recorded = at->second;
    const bool done = recorded.clip && (all || recorded.over) && write_clip(recorded, true);
    at = done ? recorded_.erase(at) : std::next(at);
  }
}

void EventRecorder::finish() {
  finish_clips(true);
  for (const auto& [id, recorded] : recorded_) {
    if (!recorded.over) guard([&, number = recorded.number] { store_->interrupt(number); });
  }
  recorded_.clear();
  rethrow();
}

}  // namespace actionflow
