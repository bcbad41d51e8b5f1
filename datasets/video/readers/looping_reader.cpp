#include "datasets/video/readers/looping_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

bool same_form(const CodecParameters& a, const CodecParameters& b) {
  const auto extra = [](const AVCodecParameters& codec) {
    return std::string_view(reinterpret_cast<const char*>(codec.extradata),
                            static_cast<std::size_t>(codec.extradata_size));
  };
  return a.codec->codec_id == b.codec->codec_id && av_cmp_q(a.time_base, b.time_base) == 0 &&
         extra(*a.codec) == extra(*b.codec);
}

}  // namespace

LoopingReader::LoopingReader(std::unique_ptr<Reader> first, Open open)
    : open_(std::move(open)),
      reader_(std::move(first)),
      parameters_(reader_->codec_parameters()),
      info_(reader_->info()) {
  info_.duration.reset();
}

std::optional<Packet> LoopingReader::read() {
  std::optional<Packet> packet = reader_->read();
  if (!packet && begin_anew()) packet = reader_->read();
  if (packet) move_on(*packet);
  return packet;
}

bool LoopingReader::begin_anew() {
  if (!begin_) return false;
  moved_ += end_ - *begin_;
  begin_.reset();
  damaged_before_ += reader_->damaged();
  reader_ = open_();
  if (!same_form(*reader_->codec_parameters(), *parameters_))
    throw SourceError(parameters_->source +
                      ": is another video by now, expected the one that was begun with");
  return true;
}

// A pass is as long as its pictures are shown: times of decoding may begin anywhere, or be missing.
void LoopingReader::move_on(Packet& packet) {
  AVPacket& compressed = *packet.data()->packet;
  const std::int64_t stamp = compressed.pts != AV_NOPTS_VALUE ? compressed.pts : compressed.dts;
  if (stamp == AV_NOPTS_VALUE) return;
  const AVRational rate = parameters_->frame_rate;
  const std::int64_t usual = rate.num > 0 ? av_rescale_q(1, av_inv_q(rate), parameters_->time_base) : 0;
  if (!begin_) begin_ = end_ = stamp;
  begin_ = std::min(*begin_, stamp);
  end_ = std::max(end_, stamp + (compressed.duration > 0 ? compressed.duration : usual));
  if (compressed.dts != AV_NOPTS_VALUE) compressed.dts += moved_;
  if (compressed.pts != AV_NOPTS_VALUE) compressed.pts += moved_;
}

}  // namespace actionflow
