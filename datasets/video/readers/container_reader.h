// The video packets of one opened input: a container file, a pipe, a network stream or a camera. What comes
// by itself is lost where it gives no whole packet in 60 s (or `silence`, where that is longer), though bytes
// come.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "datasets/video/opening/open_input.h"
#include "datasets/video/packet.h"
#include "datasets/video/readers/packet_clock.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/readers/repeated_packets.h"
#include "datasets/video/source_options.h"

namespace actionflow {

class ContainerReader final : public Reader {
 public:
  // Throws SourceError: no video stream, a picture beyond the limits, an unknown codec.
  ContainerReader(std::shared_ptr<Input> input, const SourceOptions& options, SourceKind kind,
                  const StopFlag& stop);
  ~ContainerReader() override;

  const StreamInfo& info() const override { return info_; }
  std::optional<Packet> read() override;
  bool seek(std::int64_t pts_us) override;
  std::int64_t damaged() const override { return damaged_; }
  std::shared_ptr<const CodecParameters> codec_parameters() const override { return parameters_; }

 private:
  void choose_stream();
  void describe_stream();
  std::shared_ptr<const CodecParameters> copy_parameters(const SourceOptions& options) const;
  void allow_next();
  std::optional<Packet> end();
  void fail_if_interrupted() const;
  [[noreturn]] void fail_silent() const;
  [[noreturn]] void fail_unreadable() const;
  [[noreturn]] void fail_reading(int error) const;
  void choose_clock(std::optional<double> given_rate);
  AVRational believed_rate() const;
  bool came_before(const AVPacket& packet);
  void note_time(const AVPacket& packet);
  bool is_over() const;
  Packet arrived(std::shared_ptr<Packet::Data> data);

  std::shared_ptr<Input> input_;
  std::string shown_;
  SourceKind kind_;
  std::chrono::milliseconds silence_{}, picture_{};  // without a byte, for a whole packet
  const AVStream* stream_ = nullptr;
  bool may_be_silent_ = true;  // a file or a pipe: no deadline
  bool silent_ = false;        // the last packet came only after the deadline
  PacketClock clock_;
  std::optional<double> given_rate_;         // of a stream without time stamps
  std::optional<RepeatedPackets> repeated_;  // of formats whose demuxer gives packets again
  StreamInfo info_;
  std::shared_ptr<const CodecParameters> parameters_;
  std::int64_t damaged_ = 0;
  int errors_in_a_row_ = 0;
  bool any_packet_ = false;
  std::int64_t first_dts_ = INT64_MIN;  // AV_NOPTS_VALUE
  double newest_s_ = 0;                 // seconds after the first packet
};

}  // namespace actionflow
