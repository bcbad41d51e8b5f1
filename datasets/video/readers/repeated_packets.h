// Packets that a demuxer gives again: FFmpeg's for DASH does so with each segment of a live stream that is in
// the list still when the list is fetched anew.
#pragma once

#include <cstdint>
#include <optional>

namespace actionflow {

class RepeatedPackets {
 public:
  // Whether a packet with this time stamp came before: those of decoding rise. A stream that begins anew is
  // silent by this, and is opened again.
  bool is_repeated(std::int64_t stamp) {
    if (newest_ && stamp <= *newest_) return true;
    newest_ = stamp;
    return false;
  }

 private:
  std::optional<std::int64_t> newest_;
};

}  // namespace actionflow
