// A decoded picture, held by reference: copying a Frame shares the decoder's buffer.
#pragma once

#include <cstdint>
#include <memory>

#include "datasets/video/orientation.h"

struct AVFrame;

namespace actionflow {

// Immutable and safe to read from any thread.
class Frame {
 public:
  Frame() = default;
  // Shares the picture.
  Frame(std::shared_ptr<const AVFrame> picture, std::int64_t pts_us, Orientation orientation);

  explicit operator bool() const { return picture_ != nullptr; }
  const AVFrame* picture() const { return picture_.get(); }

  // Presentation time stamp in microseconds, as the container gives it.
  std::int64_t pts_us() const { return pts_us_; }
  const Orientation& orientation() const { return orientation_; }

  // How long it is shown, as the container states; 0: unknown.
  std::int64_t duration_us() const { return duration_us_; }
  void set_duration_us(std::int64_t us) { duration_us_ = us; }

  // Size as coded, in pixels.
  int coded_width() const;
  int coded_height() const;
  // Size as shown: sample aspect ratio applied to the width, then turned upright.
  int display_width() const;
  int display_height() const;

  // When the reader had the packet that it was decoded from, steady clock, nanoseconds; for latency.
  std::int64_t arrival_ns() const { return arrival_ns_; }
  void set_arrival_ns(std::int64_t ns) { arrival_ns_ = ns; }
  // When it was taken, nanoseconds since 1970, as the sender says; 0: it does not.
  std::int64_t taken_ns() const { return taken_ns_; }
  void set_taken_ns(std::int64_t ns) { taken_ns_ = ns; }

 private:
  std::shared_ptr<const AVFrame> picture_;
  std::int64_t pts_us_ = 0;
  std::int64_t duration_us_ = 0;
  Orientation orientation_;
  std::int64_t arrival_ns_ = 0;
  std::int64_t taken_ns_ = 0;
};

}  // namespace actionflow
