// Ends FFmpeg's blocking calls: on the caller's stop flag, on cancel(), and at a deadline.
//
// All members are safe from any thread. FFmpeg does not ask during name look-ups (see live_open.h).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/source.h"

namespace actionflow {

inline constexpr std::chrono::milliseconds kOpenDeadline{10'000};
inline constexpr std::chrono::milliseconds kSilenceDeadline{10'000};

class Interrupt {
 public:
  Interrupt() = default;
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // The flag must outlive this object, or be taken away again with nullptr.
  void watch(const StopFlag* stop) { stop_ = stop; }
  void cancel() { cancelled_ = true; }
  void set_deadline(std::chrono::milliseconds from_now) {
    deadline_ns_ = now_ns() + from_now.count() * 1'000'000;
  }
  void clear_deadline() { deadline_ns_ = kNever; }

  bool stopped() const {
    const StopFlag* stop = stop_;
    return cancelled_ || (stop && *stop);
  }
  bool expired() const { return now_ns() >= deadline_ns_; }
  bool fired() const { return stopped() || expired(); }

  AVIOInterruptCB callback() {
    return {[](void* self) { return static_cast<Interrupt*>(self)->fired() ? 1 : 0; }, this};
  }

 private:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  static std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  std::atomic<const StopFlag*> stop_{nullptr};
  std::atomic<bool> cancelled_{false};
  std::atomic<std::int64_t> deadline_ns_{kNever};
};

}  // namespace actionflow
