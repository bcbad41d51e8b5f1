#include "datasets/video/writing/packet_ring.h"

#include <algorithm>
#include <utility>

#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

constexpr double kUsPerSecond = 1e6;

std::int64_t in_us(std::int64_t stamp, AVRational time_base) {
  return av_rescale_q(stamp, time_base, kMicroseconds);
}

}  // namespace

PacketRing::PacketRing(double seconds, std::size_t bytes)
    : most_us_(static_cast<std::int64_t>(seconds * kUsPerSecond)), most_bytes_(bytes) {}

void PacketRing::begin(std::shared_ptr<const CodecParameters> parameters) {
  parameters_ = std::move(parameters);
  entries_.clear();
  first_ = 0;
  bytes_ = 0;
}

bool PacketRing::push(const Packet& packet) {
  if (!packet || packet.data()->unreadable || !parameters_) return false;
  const AVPacket& compressed = *packet.data()->packet;
  const std::int64_t dts = compressed.dts != AV_NOPTS_VALUE ? compressed.dts : compressed.pts;
  const std::int64_t pts = compressed.pts != AV_NOPTS_VALUE ? compressed.pts : dts;
  const bool key = (compressed.flags & AV_PKT_FLAG_KEY) != 0;
  if (dts == AV_NOPTS_VALUE || compressed.size == 0 || (entries_.empty() && !key)) return false;
  entries_.push_back({packet, in_us(pts, parameters_->time_base), in_us(dts, parameters_->time_base),
                      static_cast<std::size_t>(compressed.size), key});
  bytes_ += entries_.back().bytes;
  while (beyond_bounds()) drop_oldest();
  return !entries_.empty();
}

// Without the first stretch what is left still has to reach back far enough.
bool PacketRing::beyond_bounds() const {
  if (bytes_ > most_bytes_) return true;
  const auto next =
      std::find_if(entries_.begin() + 1, entries_.end(), [](const Entry& one) { return one.key; });
  return next != entries_.end() && entries_.back().dts_us - next->dts_us >= most_us_;
}

void PacketRing::drop_oldest() {
  do {
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
    ++first_;
  } while (!entries_.empty() && !entries_.front().key);
}

std::int64_t PacketRing::key_frame(std::int64_t pts_us) const {
  for (std::int64_t number = end() - 1; number >= first_; --number) {
    if (entry(number).key && entry(number).pts_us <= pts_us) return number;
  }
  return first_;
}

}  // namespace actionflow
