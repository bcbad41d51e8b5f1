// A stream's annotated pictures, sent to an RTSP server for as long as the run lasts.
//
// A server that is not there, or goes away, is tried again after 0.5 s to 30 s; one line says that it is
// away, one that it is back. Pictures that come meanwhile are left out. Belongs to one thread, which a server
// holds up for kPatienceSeconds at most.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/machine/backoff.h"
#include "base/machine/clock.h"
#include "datasets/video/writing/video_writer.h"

namespace actionflow {

class PublishedVideo {
 public:
  // `{stream}` in the address stands for the stream's name.
  PublishedVideo(const std::string& address, const std::string& stream, const Clock& clock = Clock::system());

  // Lines begin with the stream's name, since of an address a part may be masked. Height × width × 3 bytes.
  // Never throws for the server's sake.
  void write(const VideoWriterOptions& form, const std::uint8_t* pixels, std::int64_t pts_us);
  void finish() noexcept;

  static bool is_address(const std::string& address);
  const std::string& address() const { return address_; }

 private:
  const std::string address_, stream_;
  const Clock& clock_;
  Backoff backoff_;
  std::int64_t next_try_ns_ = INT64_MIN;
  RateLimit away_lines_;
  bool told_away_ = false;
  std::unique_ptr<VideoWriter> writer_;
};

}  // namespace actionflow
