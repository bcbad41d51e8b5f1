// Plays another reader's packets at their own speed, as a camera would: a file's, or those of a live
// playlist, which come in pieces of seconds.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/machine/clock.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

// When packets are due that come late.
enum class Lateness {
  keep,      // at their time all the same: a file's wait for whoever asks late
  catch_up,  // from now on, and a little faster than they say, so that what waits at the server grows no
             // older
};

class RealtimeReader final : public Reader {
 public:
  RealtimeReader(std::unique_ptr<Reader> reader, const StopFlag& stop, const Clock& clock = Clock::system(),
                 Lateness lateness = Lateness::keep);

  const StreamInfo& info() const override { return info_; }
  // Returns no packet before its time, counted from the first one's on the clock. That is its arrival,
  // however late it is asked for, or, where it catches up, up to half a second late.
  std::optional<Packet> read() override;
  std::int64_t damaged() const override { return reader_->damaged(); }
  std::shared_ptr<const CodecParameters> codec_parameters() const override {
    return reader_->codec_parameters();
  }

 private:
  std::int64_t waited_ns(std::int64_t pause_us) const;
  void wait_until(std::int64_t due_ns) const;

  std::unique_ptr<Reader> reader_;
  const StopFlag& stop_;
  const Clock& clock_;
  const Lateness lateness_;
  StreamInfo info_;
  std::optional<std::int64_t> due_ns_;  // of the last packet that had a time stamp
  std::int64_t last_us_ = 0;            // that time stamp
};

}  // namespace actionflow
