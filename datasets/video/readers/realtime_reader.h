// Plays another reader's packets at their own speed, as a camera would.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/machine/clock.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

class RealtimeReader final : public Reader {
 public:
  RealtimeReader(std::unique_ptr<Reader> reader, const StopFlag& stop, const Clock& clock = Clock::system());

  const StreamInfo& info() const override { return info_; }
  // Returns no packet before its time, counted from the first one's on the clock. That is its arrival,
  // however late it is asked for.
  std::optional<Packet> read() override;
  std::int64_t damaged() const override { return reader_->damaged(); }
  std::shared_ptr<const CodecParameters> codec_parameters() const override {
    return reader_->codec_parameters();
  }

 private:
  void wait_until(std::int64_t due_ns) const;

  std::unique_ptr<Reader> reader_;
  const StopFlag& stop_;
  const Clock& clock_;
  StreamInfo info_;
  std::optional<std::int64_t> due_ns_;  // of the last packet that had a time stamp
  std::int64_t last_us_ = 0;            // that time stamp
};

}  // namespace actionflow
