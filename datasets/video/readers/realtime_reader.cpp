#include "datasets/video/readers/realtime_reader.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

// A longer pause or a step back between packets is a jump of the file's clock, and is not waited for.
constexpr std::int64_t kMaxPauseUs = 10'000'000;
constexpr std::chrono::nanoseconds kSlice{20'000'000};
constexpr std::int64_t kNsPerUs = 1000;
// Who catches up: of a pause that is waited for, and what may be late.
constexpr double kShareOfPause = 0.99;
constexpr std::int64_t kMostLateNs = 500'000'000;

}  // namespace

RealtimeReader::RealtimeReader(std::unique_ptr<Reader> reader, const StopFlag& stop, const Clock& clock,
                               Lateness lateness)
    : reader_(std::move(reader)), stop_(stop), clock_(clock), lateness_(lateness), info_(reader_->info()) {
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
  const bool goes_on = due_ns_ && !__builtin_sub_overflow(time_us, last_us_, &pause_us) && pause_us >= 0 &&
                       pause_us <= kMaxPauseUs;
  due_ns_ = goes_on ? *due_ns_ + waited_ns(pause_us) : clock_.steady_ns();
  const bool catches_up = lateness_ == Lateness::catch_up;
  if (catches_up && clock_.steady_ns() - *due_ns_ > kMostLateNs) due_ns_ = clock_.steady_ns();
  last_us_ = time_us;
  wait_until(*due_ns_);
  packet->set_arrival_ns(*due_ns_);
  return packet;
}

std::int64_t RealtimeReader::waited_ns(std::int64_t pause_us) const {
  const std::int64_t pause_ns = pause_us * kNsPerUs;
  return lateness_ == Lateness::keep ? pause_ns : std::llround(kShareOfPause * static_cast<double>(pause_ns));
}

void RealtimeReader::wait_until(std::int64_t due_ns) const {
  for (std::int64_t now_ns = clock_.steady_ns(); !stop_ && now_ns < due_ns; now_ns = clock_.steady_ns())
    std::this_thread::sleep_for(std::min(kSlice, std::chrono::nanoseconds(due_ns - now_ns)));
  if (stop_) throw SourceError(codec_parameters()->source + ": stopped");
}

}  // namespace actionflow
