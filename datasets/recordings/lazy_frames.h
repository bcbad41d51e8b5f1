// A video's frames decoded when they are asked for: from the keyframe before, and no further.
//
// Frames that nobody asks for are decoded only where others need them, and never scaled. What was asked for
// stays as long as the object. Going forward goes on from the last frame; a leap ahead over a keyframe, or
// back, seeks. Equal, byte for byte, to what decoding the whole video gives.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "datasets/recordings/video_frames.h"
#include "datasets/recordings/video_index.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

class LazyFrames final : public VideoFrames {
 public:
  // `index` is the source's own and exact.
  LazyFrames(SourceOptions source, FrameForm form, std::shared_ptr<const VideoIndex> index);

  const FrameForm& form() const override { return form_; }
  std::int64_t count() const override { return static_cast<std::int64_t>(index_->times_us.size()); }
  // Throws SourceError where the source cannot be read any more.
  const std::uint8_t* pixels(std::int64_t frame) const override { return frame_pixels(frame)->data(); }
  PreparedFramePtr frame_pixels(std::int64_t frame) const;
  std::span<const std::int64_t> times_us() const override { return index_->times_us; }
  double duration() const override { return index_->duration; }
  std::int64_t decoded() const override;

 private:
  void go_to(std::int64_t pts_us) const;
  bool leaps(std::int64_t pts_us) const;
  bool seek(std::int64_t pts_us) const;
  void restart() const;
  void advance(std::int64_t pts_us) const;
  bool fill() const;
  void drop_until_key() const;

  const SourceOptions source_;
  const FrameForm form_;
  const std::shared_ptr<const VideoIndex> index_;

  // Where decoding stands; everything below belongs to the mutex.
  mutable std::mutex mutex_;
  mutable StopFlag never_{false};
  mutable std::unique_ptr<Reader> reader_;
  mutable std::unique_ptr<Decoder> decoder_;
  mutable Preparer preparer_;
  mutable bool ended_ = false;
  mutable Frame current_;                    // the last one in order of presentation that was passed
  mutable std::deque<Frame> ahead_;          // decoded, shown later
  mutable std::int64_t decoded_before_ = 0;  // by decoders that are no more
  mutable std::map<std::int64_t, PreparedFramePtr> prepared_;
};

}  // namespace actionflow
