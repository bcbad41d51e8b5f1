#include "datasets/video/realtime_reader.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

using std::chrono::microseconds;

// A longer pause or a step back between packets is a jump of the file's clock, and is not waited for.
constexpr std::int64_t kMaxPauseUs = 10'000'000;
constexpr std::chrono::milliseconds kSlice{20};

}  // namespace

RealtimeReader::RealtimeReader(std::unique_ptr<Reader> reader, const StopFlag& stop)
    : reader_(std::move(reader)), stop_(stop), info_(reader_->info()) {
  info_.live = true;
}

std::optional<Packet> RealtimeReader::read() {
  std::optional<Packet> packet = reader_->read();
  if (!packet) return packet;
  const AVPacket& compressed = *packet->data()->packet;
  // Packets come in the order of decoding, so that is the clock to go by.
  const std::int64_t stamp = compressed.dts != AV_NOPTS_VALUE ? compressed.dts : compressed.pts;
  if (stamp == AV_NOPTS_VALUE) return packet;
  const std::int64_t time_us = av_rescale_q(stamp, codec_parameters()->time_base, kMicroseconds);
  // Differences only: the stamps of a damaged file may lie anywhere.
  std::int64_t pause_us = 0;
  const bool goes_on = due_ && !__builtin_sub_overflow(time_us, last_us_, &pause_us) && pause_us >= 0 &&
                       pause_us <= kMaxPauseUs;
  due_ = goes_on ? *due_ + microseconds(pause_us) : Clock::now();
  last_us_ = time_us;
  wait_until(*due_);
  return packet;
}

void RealtimeReader::wait_until(Clock::time_point due) const {
  while (!stop_ && Clock::now() < due)
    std::this_thread::sleep_for(std::min<Clock::duration>(kSlice, due - Clock::now()));
  if (stop_) throw SourceError(codec_parameters()->source + ": stopped");
}

}  // namespace actionflow
