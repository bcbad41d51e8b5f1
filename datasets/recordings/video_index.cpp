#include "datasets/recordings/video_index.h"

#include <algorithm>
#include <limits>

#include "datasets/recordings/video_decode.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/stream_parameters.h"
#include "datasets/video/time/time_line.h"

namespace actionflow {

namespace {

constexpr std::int64_t kLongestGapUs = std::int64_t{3600} * 1'000'000;
constexpr std::int64_t kMostReorderedUs = 1'000'000;
constexpr double kPresetRate = 25;

class Indexing {
 public:
  explicit Indexing(const Reader& reader) : time_base_(reader.codec_parameters()->time_base) {}

  void take(const Packet::Data& data) {
    const AVPacket& packet = *data.packet;
    if (!data.unreadable && packet.size == 0) return;
    // Cut off by the container's edit list: decoded, never shown.
    if ((packet.flags & AV_PKT_FLAG_DISCARD) != 0) return;
    ++index_.packets;
    if (packet.pts == AV_NOPTS_VALUE || (packet.dts != AV_NOPTS_VALUE && packet.dts < last_dts_)) {
      regular_ = false;
      return;
    }
    if (packet.dts != AV_NOPTS_VALUE) last_dts_ = packet.dts;
    const std::int64_t pts_us = av_rescale_q(packet.pts, time_base_, kMicroseconds);
    // Pictures are coded out of their order by less; else one of the stamps is wrong, and only TimeLine can
    // tell.
    if (latest_pts_us_ > std::numeric_limits<std::int64_t>::min() + kMostReorderedUs &&
        pts_us < latest_pts_us_ - kMostReorderedUs)
      regular_ = false;
    latest_pts_us_ = std::max(latest_pts_us_, pts_us);
    index_.pts_us.push_back(pts_us);
    if ((packet.flags & AV_PKT_FLAG_KEY) != 0) index_.keys_us.push_back(pts_us);
  }

  VideoIndex finish(std::int64_t first_pts_us, const StreamInfo& info) {
    tidy(index_.pts_us, first_pts_us);
    tidy(index_.keys_us, first_pts_us);
    index_.exact = regular_ && !index_.pts_us.empty() && index_.pts_us.front() == first_pts_us && unbroken();
    if (index_.exact) {
      for (const std::int64_t pts_us : index_.pts_us) index_.times_us.push_back(pts_us - first_pts_us);
      index_.duration = video_duration(index_.times_us, info.frame_rate);
    } else {
      index_.pts_us.clear();
      index_.keys_us.clear();
      const double rate = info.frame_rate > 0 ? info.frame_rate : kPresetRate;
      index_.duration = info.duration.value_or(static_cast<double>(index_.packets) / rate);
    }
    return std::move(index_);
  }

 private:
  // In order of presentation; what stands before the first frame that could be decoded is never seen.
  static void tidy(std::vector<std::int64_t>& stamps, std::int64_t first) {
    std::sort(stamps.begin(), stamps.end());
    stamps.erase(std::unique(stamps.begin(), stamps.end()), stamps.end());
    stamps.erase(stamps.begin(), std::lower_bound(stamps.begin(), stamps.end(), first));
  }
  bool unbroken() const {
    const std::vector<std::int64_t>& stamps = index_.pts_us;
    for (std::size_t i = 1; i < stamps.size(); ++i) {
      std::int64_t step = 0;
      if (__builtin_sub_overflow(stamps[i], stamps[i - 1], &step) || step > kLongestGapUs) return false;
    }
    return true;
  }

  AVRational time_base_;
  VideoIndex index_;
  bool regular_ = true;
  std::int64_t latest_pts_us_ = std::numeric_limits<std::int64_t>::min();
  std::int64_t last_dts_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

VideoIndex index_video(const SourceOptions& source) {
  const StopFlag never{false};
  const std::unique_ptr<Reader> reader = open_recorded(source, never);
  const std::unique_ptr<Decoder> decoder = Decoder::create(reader->codec_parameters(), source.codec_threads);
  Indexing indexing(*reader);
  std::vector<Frame> frames;
  while (const std::optional<Packet> packet = reader->read()) {
    indexing.take(*packet->data());
    if (frames.empty()) decoder->decode(*packet, frames);
  }
  if (frames.empty()) decoder->flush(frames);
  if (frames.empty()) throw_no_frame(source, *decoder);
  VideoIndex index = indexing.finish(frames.front().pts_us(), reader->info());
  index.decoded = decoder->decoded();
  return index;
}

}  // namespace actionflow
