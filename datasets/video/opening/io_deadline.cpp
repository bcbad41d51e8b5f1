#include "datasets/video/opening/io_deadline.h"

#include <fmt/format.h>

#include <algorithm>

namespace actionflow {

namespace {

constexpr std::int64_t kNsPerMillisecond = 1'000'000;
constexpr std::chrono::milliseconds kLeastPlaylistSilence{30'000};
constexpr std::chrono::milliseconds kLeastPicture{60'000};

}  // namespace

std::chrono::milliseconds longest_silence(const SourceOptions& options, bool playlist) {
  const std::chrono::milliseconds given(static_cast<std::int64_t>(options.silence * 1000));
  return playlist ? std::max(given, kLeastPlaylistSilence) : given;
}

std::chrono::milliseconds longest_picture(const SourceOptions& options) {
  return std::max(longest_silence(options), kLeastPicture);
}

void IoDeadline::allow_silence(std::chrono::milliseconds longest) {
  silence_ns_ = longest.count() * kNsPerMillisecond;
  deadline_ns_ = clock_->steady_ns() + silence_ns_;
}

void IoDeadline::allow_in_all(std::chrono::milliseconds from_now) {
  in_all_ns_ = from_now.count() * kNsPerMillisecond;
  latest_ns_ = clock_->steady_ns() + in_all_ns_;
}

void IoDeadline::end_within(std::chrono::milliseconds from_now) {
  silence_ns_ = 0;
  latest_ns_ = kNever;
  deadline_ns_ = clock_->steady_ns() + from_now.count() * kNsPerMillisecond;
}

void IoDeadline::clear() {
  silence_ns_ = 0;
  deadline_ns_ = latest_ns_ = kNever;
}

void IoDeadline::note_progress() {
  if (const std::int64_t silence_ns = silence_ns_; silence_ns > 0)
    deadline_ns_ = clock_->steady_ns() + silence_ns;
}

bool IoDeadline::expired(std::chrono::milliseconds grace) const {
  const std::int64_t deadline_ns = std::min<std::int64_t>(deadline_ns_, latest_ns_);
  return deadline_ns != kNever && clock_->steady_ns() >= deadline_ns + grace.count() * kNsPerMillisecond;
}

std::string IoDeadline::why(const std::string& silent) const {
  if (latest_ns_ < deadline_ns_)
    return fmt::format("no whole picture within {:g} s, though bytes came",
                       static_cast<double>(in_all_ns_) * 1e-9);
  return fmt::format("{} {:g} s", silent, static_cast<double>(silence_ns_) * 1e-9);
}

AVIOInterruptCB IoDeadline::callback() {
  return {[](void* self) {
            auto& deadline = *static_cast<IoDeadline*>(self);
            deadline.look_for_packets();
            return deadline.fired() ? 1 : 0;
          },
          this};
}

void IoDeadline::look_for_packets() {
  if (!context_) return;
  bool came = false;
  for (unsigned i = 0; i < context_->nb_streams; ++i) {
    int& flags = context_->streams[i]->event_flags;
    came = came || (flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0;
    flags &= ~AVSTREAM_EVENT_FLAG_NEW_PACKETS;
  }
  if (came) note_progress();
}

}  // namespace actionflow
