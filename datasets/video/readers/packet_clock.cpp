#include "datasets/video/readers/packet_clock.h"

#include <cmath>
#include <utility>

#include "base/log/log.h"

namespace actionflow {

PacketClock PacketClock::of_live(std::string source, AVRational time_base) {
  PacketClock clock(Kind::live);
  clock.source_ = std::move(source);
  clock.time_base_ = time_base;
  return clock;
}

PacketClock PacketClock::by_rate(double frames_a_second) {
  PacketClock clock(Kind::rate);
  clock.rate_ = frames_a_second;
  return clock;
}

PacketClock PacketClock::by_arrival() { return PacketClock(Kind::arrival); }

void PacketClock::stamp(AVPacket& packet, std::int64_t arrival_us) {
  if (kind_ == Kind::recorded) return;
  if (kind_ == Kind::live) return go_on_where_it_stands(packet, arrival_us);
  packet.dts = kind_ == Kind::rate ? std::llround(static_cast<double>(packets_++) * 1e6 / rate_)
                                   : arrivals_.stamp(arrival_us);
  packet.pts = AV_NOPTS_VALUE;
  packet.duration = 0;
}

void PacketClock::go_on_where_it_stands(AVPacket& packet, std::int64_t arrival_us) {
  const std::int64_t stamp = packet.dts != AV_NOPTS_VALUE ? packet.dts : packet.pts;
  if (!standing_.stands(stamp, arrival_us)) return;
  const std::int64_t by_arrival_us = arrivals_.stamp(arrival_us);
  if (!stood_) {
    log::warn("{}: its time stamps stand still; its pictures are timed by their arrival", source_);
    stood_ = Stood{stamp == AV_NOPTS_VALUE ? 0 : stamp, by_arrival_us};
  }
  packet.dts = stood_->stamp + av_rescale_q(by_arrival_us - stood_->arrival_us, kMicroseconds, time_base_);
  packet.pts = AV_NOPTS_VALUE;
}

}  // namespace actionflow
