#include "datasets/recordings/lazy_frames.h"

#include <algorithm>
#include <utility>

#include "datasets/recordings/video_decode.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

LazyFrames::LazyFrames(SourceOptions source, FrameForm form, std::shared_ptr<const VideoIndex> index)
    : source_(std::move(source)), form_(form), index_(std::move(index)), preparer_(form.input()) {
  require_recorded(source_);
}

PreparedFramePtr LazyFrames::frame_pixels(std::int64_t frame) const {
  const std::lock_guard lock(mutex_);
  const auto found = prepared_.find(frame);
  if (found != prepared_.end()) return found->second;
  go_to(index_->pts_us.at(static_cast<std::size_t>(frame)));
  return prepared_[frame] = preparer_.prepare(current_);
}

std::int64_t LazyFrames::decoded() const {
  const std::lock_guard lock(mutex_);
  return decoded_before_ + (decoder_ ? decoder_->decoded() : 0);
}

void LazyFrames::go_to(std::int64_t pts_us) const {
  if (!reader_) restart();
  const bool back = current_ && current_.pts_us() > pts_us;
  if ((back || leaps(pts_us)) && !seek(pts_us)) restart();
  advance(pts_us);
  if (current_) return;
  // The frames up to here are damaged: what follows them stands for them, as at a video's start.
  if (ahead_.empty()) throw_no_frame(source_, *decoder_);
  current_ = ahead_.front();
}

// Whether a keyframe stands between what is decoded and what is wanted.
bool LazyFrames::leaps(std::int64_t pts_us) const {
  const std::int64_t newest = !ahead_.empty() ? ahead_.back().pts_us()
                              : current_      ? current_.pts_us()
                                              : index_->pts_us.front();
  const auto key = std::upper_bound(index_->keys_us.begin(), index_->keys_us.end(), pts_us);
  return key != index_->keys_us.begin() && *std::prev(key) > newest;
}

// Containers count in order of decoding, and not every keyframe begins afresh, so what was found is looked
// at.
bool LazyFrames::seek(std::int64_t pts_us) const {
  auto key = std::upper_bound(index_->keys_us.begin(), index_->keys_us.end(), pts_us);
  constexpr int kTries = 3;
  for (int tries = 0; tries < kTries && key != index_->keys_us.begin(); ++tries) {
    --key;
    std::vector<Frame> left;
    decoder_->flush(left);
    if (!reader_->seek(*key)) return false;
    ended_ = false;
    current_ = Frame();
    ahead_.clear();
    drop_until_key();
    if (!ahead_.empty() && ahead_.front().pts_us() <= pts_us) return true;
  }
  return false;
}

void LazyFrames::restart() const {
  if (decoder_) decoded_before_ += decoder_->decoded();
  ahead_.clear();
  current_ = Frame();
  ended_ = false;
  decoder_.reset();
  reader_ = open_recorded(source_, never_);
  decoder_ = Decoder::create(reader_->codec_parameters(), source_.codec_threads);
}

// Frames shown before the keyframe need ones that were not decoded.
void LazyFrames::drop_until_key() const {
  while (ahead_.empty() || ahead_.front().picture()->pict_type != AV_PICTURE_TYPE_I) {
    if (!ahead_.empty())
      ahead_.pop_front();
    else if (!fill())
      return;
  }
}

// Passes every frame that is not after the time stamp, and the jitter among them.
void LazyFrames::advance(std::int64_t pts_us) const {
  while (!ahead_.empty() || fill()) {
    if (ahead_.empty()) continue;
    if (ahead_.front().pts_us() > pts_us) return;
    if (!current_ || ahead_.front().pts_us() > current_.pts_us()) current_ = std::move(ahead_.front());
    ahead_.pop_front();
  }
}

// False at the end.
bool LazyFrames::fill() const {
  if (ended_) return false;
  std::vector<Frame> frames;
  if (const std::optional<Packet> packet = reader_->read()) {
    decoder_->decode(*packet, frames);
  } else {
    decoder_->flush(frames);
    ended_ = true;
  }
  ahead_.insert(ahead_.end(), frames.begin(), frames.end());
  return true;
}

}  // namespace actionflow
