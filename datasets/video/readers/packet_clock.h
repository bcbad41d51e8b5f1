// What tells when the pictures of packets were taken: the stream's own time stamps, the rate that a user
// gave, or their arrival. Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/readers/arrival_clock.h"
#include "datasets/video/readers/standing_clock.h"

namespace actionflow {

class PacketClock {
 public:
  // A recording's own stamps, as they are.
  PacketClock() = default;
  // A live stream's own stamps, as long as they go on; from then on its arrival, with a warning that names
  // it.
  static PacketClock of_live(std::string source, AVRational time_base);
  static PacketClock by_rate(double frames_a_second);
  static PacketClock by_arrival();

  // Otherwise stamps are in microseconds, and in order of decoding only: no time of presentation.
  bool keeps_stamps() const { return kind_ == Kind::recorded || kind_ == Kind::live; }

  // Of the next packet.
  void stamp(AVPacket& packet, std::int64_t arrival_us);

 private:
  enum class Kind { recorded, live, rate, arrival };
  struct Stood {
    std::int64_t stamp = 0, arrival_us = 0;
  };

  explicit PacketClock(Kind kind) : kind_(kind) {}
  void go_on_where_it_stands(AVPacket& packet, std::int64_t arrival_us);

  Kind kind_ = Kind::recorded;
  std::string source_;
  AVRational time_base_{};
  double rate_ = 0;
  std::int64_t packets_ = 0;
  ArrivalClock arrivals_;
  StandingClock standing_;
  std::optional<Stood> stood_;  // where a clock that stands still stood first
};

}  // namespace actionflow
