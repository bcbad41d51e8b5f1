// The newest decoded frame of a stream, kept only while somebody asks for it.
//
// A frame pins one of its decoder's pictures, so it is let go some seconds after the last look. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "datasets/video/frame.h"

namespace actionflow {

class NewestFrame {
 public:
  static constexpr std::int64_t kAskedNs = 3'000'000'000;

  // Empty until one was decoded after the first look.
  Frame look(std::int64_t now_ns) {
    asked_until_ns_ = now_ns + kAskedNs;
    const std::lock_guard lock(mutex_);
    return frame_;
  }
  // Costs nothing while nobody asks.
  void offer(const std::vector<Frame>& frames, std::int64_t now_ns) {
    const bool asked = now_ns < asked_until_ns_;
    if (frames.empty() || (!asked && !held_)) return;
    const std::lock_guard lock(mutex_);
    frame_ = asked ? frames.back() : Frame();
    held_ = asked;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    frame_ = Frame();
    held_ = false;
  }

 private:
  std::atomic<std::int64_t> asked_until_ns_{INT64_MIN};
  std::atomic<bool> held_{false};
  std::mutex mutex_;
  Frame frame_;
};

}  // namespace actionflow
