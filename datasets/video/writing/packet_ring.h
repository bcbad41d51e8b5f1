// The last packets of a stream, compressed as they came, from a key frame on.
//
// Bounded in seconds and in bytes: beyond either, the oldest pictures up to the next key frame go. A stretch
// between two key frames that is beyond the bytes by itself goes as it comes, and what follows it up to the
// next key frame. Packets are shared with whoever else has them. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "datasets/video/packet.h"

namespace actionflow {

class PacketRing {
 public:
  PacketRing(double seconds, std::size_t bytes);

  // A connection was opened; what is held is forgotten, and its packets follow.
  void begin(std::shared_ptr<const CodecParameters> parameters);
  // False where it is not kept: before the first key frame, or unreadable.
  bool push(const Packet& packet);

  const std::shared_ptr<const CodecParameters>& parameters() const { return parameters_; }
  // Packets are numbered in a connection; the first that is held, and one past the last.
  std::int64_t first() const { return first_; }
  std::int64_t end() const { return first_ + static_cast<std::int64_t>(entries_.size()); }
  const Packet& at(std::int64_t number) const { return entry(number).packet; }
  // Of presentation, as frames have it.
  std::int64_t pts_us(std::int64_t number) const { return entry(number).pts_us; }
  // The last key frame that is shown at this time or before, else the first one held; end() of an empty ring.
  std::int64_t key_frame(std::int64_t pts_us) const;
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    Packet packet;
    std::int64_t pts_us = 0;
    std::int64_t dts_us = 0;
    std::size_t bytes = 0;
    bool key = false;
  };
  const Entry& entry(std::int64_t number) const {
    return entries_[static_cast<std::size_t>(number - first_)];
  }
  void drop_oldest();
  bool beyond_bounds() const;

  const std::int64_t most_us_;
  const std::size_t most_bytes_;
  std::shared_ptr<const CodecParameters> parameters_;
  std::deque<Entry> entries_;  // begins with a key frame
  std::int64_t first_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace actionflow
