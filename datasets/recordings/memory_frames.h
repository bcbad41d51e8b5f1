// A video's frames in memory. Filled by one thread, then shared and read only.
#pragma once

#include <utility>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "datasets/recordings/video_frames.h"

namespace actionflow {

class MemoryFrames final : public VideoFrames {
 public:
  explicit MemoryFrames(FrameForm form) : form_(form) {}

  void add(std::int64_t time_us, PreparedFramePtr frame) {
    times_us_.push_back(time_us);
    frames_.push_back(std::move(frame));
  }
  void set_duration(double seconds) { duration_ = seconds; }
  void set_decoded(std::int64_t pictures) { decoded_ = pictures; }

  const FrameForm& form() const override { return form_; }
  std::int64_t count() const override { return static_cast<std::int64_t>(frames_.size()); }
  const std::uint8_t* pixels(std::int64_t frame) const override {
    return frames_.at(static_cast<std::size_t>(frame))->data();
  }
  std::span<const std::int64_t> times_us() const override { return times_us_; }
  double duration() const override { return duration_; }
  std::int64_t decoded() const override { return decoded_; }

 private:
  FrameForm form_;
  std::vector<std::int64_t> times_us_;
  std::vector<PreparedFramePtr> frames_;
  double duration_ = 0;
  std::int64_t decoded_ = 0;
};

}  // namespace actionflow
