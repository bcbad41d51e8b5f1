// Cameras whose clock stands still: pictures come, and their time stamps do not go on. Nothing that looks at
// time would ever see a second picture.
#pragma once

#include <cstdint>

namespace actionflow {

class StandingClock {
 public:
  // Of the next packet. True, for good, once 25 packets and two seconds have had one stamp.
  bool stands(std::int64_t stamp, std::int64_t arrival_us) {
    if (packets_ == 0 || (!stands_ && stamp != stamp_)) {
      stamp_ = stamp;
      since_us_ = arrival_us;
      packets_ = 0;
    }
    ++packets_;
    stands_ = stands_ || (packets_ >= kPackets && arrival_us - since_us_ >= kLeastUs);
    return stands_;
  }

 private:
  static constexpr std::int64_t kPackets = 25;
  static constexpr std::int64_t kLeastUs = 2'000'000;

  std::int64_t stamp_ = 0, since_us_ = 0, packets_ = 0;
  bool stands_ = false;
};

}  // namespace actionflow
