// Ends FFmpeg's blocking calls: on the caller's stop flag, on cancel(), and when nothing has come for too
// long.
//
// A silence is counted from the last byte or packet, not from the call's begin: what is slow is alive, but it
// may be given a time for all of a picture. Bytes
// are told by note_progress(); packets, of inputs whose bytes FFmpeg reads itself, are seen in the watched
// context's streams. FFmpeg does not ask its callback during name look-ups (see live_open.h).
//
// The callback, watch(AVFormatContext*) and note_progress() belong to the thread that is inside FFmpeg; the
// rest is safe from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "base/machine/clock.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"

namespace actionflow {

// A source that sends nothing for so long is lost. Behind a playlist it is silent between segments of
// commonly up to 10 s.
std::chrono::milliseconds longest_silence(const SourceOptions& options, bool playlist = false);

// A source that sends, but in that time not one whole picture, is lost as well.
std::chrono::milliseconds longest_picture(const SourceOptions& options);

class IoDeadline {
 public:
  // `clock` must outlive this object.
  explicit IoDeadline(const Clock& clock = Clock::system()) : clock_(&clock) {}
  IoDeadline(const IoDeadline&) = delete;
  IoDeadline& operator=(const IoDeadline&) = delete;

  // The flag must outlive this object, or be taken away again with nullptr.
  void watch(const StopFlag* stop) { stop_ = stop; }
  void watch(AVFormatContext* context) { context_ = context; }
  void cancel() { cancelled_ = true; }

  // From now on, and anew from each progress.
  void allow_silence(std::chrono::milliseconds longest);
  // However much comes until then, beside the silence that is allowed.
  void allow_in_all(std::chrono::milliseconds from_now);
  // However much comes until then.
  void end_within(std::chrono::milliseconds from_now);
  void clear();
  void note_progress();

  bool stopped() const {
    const StopFlag* stop = stop_;
    return cancelled_ || (stop && *stop);
  }
  bool expired(std::chrono::milliseconds grace = {}) const;
  bool fired() const { return stopped() || expired(); }
  // Of one that has expired: "no whole picture within 60 s, though bytes came", else `silent` and the silence
  // that is allowed, "10 s".
  std::string why(const std::string& silent) const;

  const Clock& clock() const { return *clock_; }
  AVIOInterruptCB callback();

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  void look_for_packets();

  const Clock* clock_;
  std::atomic<const StopFlag*> stop_{nullptr};
  std::atomic<bool> cancelled_{false};
  std::atomic<std::int64_t> deadline_ns_{kNever};
  std::atomic<std::int64_t> silence_ns_{0};  // 0: progress changes nothing
  std::atomic<std::int64_t> latest_ns_{kNever}, in_all_ns_{0};
  AVFormatContext* context_ = nullptr;
};

}  // namespace actionflow
