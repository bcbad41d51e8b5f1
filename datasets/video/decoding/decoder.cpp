#include <algorithm>
#include <deque>
#include <utility>

#include "datasets/video/decoding/decoder.h"
#include "datasets/video/decoding/hardware_decoding.h"
#include "datasets/video/decoding/picture_crop.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/ffmpeg_log.h"
#include "datasets/video/missing_feature.h"
#include "datasets/video/packet.h"
#include "datasets/video/source_options.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

// The packets that are being decoded, by their arrival: a decoder carries one number from a packet to its
// picture.
class PacketsUnderWay {
 public:
  void note(const Packet& packet) {
    packets_.push_back({packet.data()->packet->pts, packet.arrival_ns(), packet.taken_ns()});
    if (packets_.size() > kMost) packets_.pop_front();
  }
  std::int64_t taken_ns(std::int64_t arrival_ns) const {
    const auto found = std::find_if(packets_.begin(), packets_.end(),
                                    [&](const UnderWay& packet) { return packet.arrival_ns == arrival_ns; });
    return found == packets_.end() ? 0 : found->taken_ns;
  }
  // When a picture was there to be shown: those that are shown before it had come, and as many more as its
  // stream has a decoder wait for; `own_ns`, its packet's arrival, where it says nothing.
  std::int64_t shown_ns(std::int64_t pts, int held_back, std::int64_t own_ns) const {
    if (held_back <= 0 || pts == AV_NOPTS_VALUE || packets_.empty()) return own_ns;
    const auto last = std::find_if(packets_.rbegin(), packets_.rend(), [&](const UnderWay& packet) {
      return packet.pts != AV_NOPTS_VALUE && packet.pts <= pts;
    });
    if (last == packets_.rend()) return own_ns;
    const auto behind = std::min<std::ptrdiff_t>(held_back, last - packets_.rbegin());
    return std::max(own_ns, (last - behind)->arrival_ns);
  }

 private:
  struct UnderWay {
    std::int64_t pts = 0;
    std::int64_t arrival_ns = 0, taken_ns = 0;
  };
  static constexpr std::size_t kMost = 64;  // more than a decoder holds back
  std::deque<UnderWay> packets_;
};

std::string first_sentence(const std::string& text) {
  return text.substr(0, std::min(text.find('\n'), text.find(". ")));
}

class CodecDecoder final : public Decoder {
 public:
  // `device_format`: of pictures that stand on a device.
  CodecDecoder(std::shared_ptr<const CodecParameters> parameters, UniqueCodecContext context,
               AVPixelFormat device_format)
      : parameters_(std::move(parameters)), context_(std::move(context)), device_format_(device_format) {}

  void decode(const Packet& packet, std::vector<Frame>& frames) override {
    if (!packet) return;
    if (packet.data()->unreadable) {
      ++damaged_;
      return;
    }
    AVPacket& compressed = *packet.data()->packet;
    // A chunk of no bytes says "as before" in some containers, and would mean "the end" to FFmpeg.
    if (compressed.size == 0) return;
    const FirstComplaint listening(complaint_);
    tag_next_picture(*context_, compressed, packet.arrival_ns());
    under_way_.note(packet);
    if (const int result = avcodec_send_packet(context_.get(), &compressed); result < 0) note_damage(result);
    receive(frames);
  }

  void flush(std::vector<Frame>& frames) override {
    avcodec_send_packet(context_.get(), nullptr);
    receive(frames);
    avcodec_flush_buffers(context_.get());
  }

  std::int64_t damaged() const override { return damaged_; }
  std::int64_t decoded() const override { return decoded_; }
  std::string failure() const override {
    if (decoded_ > 0 || first_error_ == 0) return {};
    if (is_missing_feature(first_error_)) return missing_feature_text(first_error_);
    return "its " + std::string(avcodec_get_name(context_->codec_id)) + " pictures cannot be decoded (" +
           (complaint_.empty() ? ffmpeg_error_text(first_error_) : first_sentence(complaint_)) +
           "); fetch it again, or convert it to H.264 in mp4 or mkv";
  }

 private:
  void note_damage(int error) {
    ++damaged_;
    const bool says_more = is_missing_feature(error) && !is_missing_feature(first_error_);
    if (first_error_ == 0 || says_more) first_error_ = error;
  }

  void receive(std::vector<Frame>& frames) {
    // Every error uses up input, but a bound costs nothing and a decoder that fails for ever is lost.
    constexpr int kMaxErrors = 1000;
    for (int errors = 0; errors < kMaxErrors;) {
      UniqueFrame picture(av_frame_alloc());
      const int result = avcodec_receive_frame(context_.get(), picture.get());
      if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
      if (result < 0) {
        note_damage(result);
        ++errors;
        continue;
      }
      if (device_format_ != AV_PIX_FMT_NONE && picture->format == device_format_) picture = fetched(*picture);
      if (!picture) {
        ++damaged_;
        ++errors;
        continue;
      }
      frames.push_back(shared(std::move(picture)));
      ++decoded_;
    }
  }

  Frame shared(UniqueFrame picture) {
    if (picture->decode_error_flags != 0 || (picture->flags & AV_FRAME_FLAG_CORRUPT) != 0) ++damaged_;
    if (parameters_->sample_aspect.num > 0) picture->sample_aspect_ratio = parameters_->sample_aspect;
    const std::int64_t pts_us = time_stamp(*picture);
    const std::int64_t stated_us = stated_duration_us(*picture);
    const Orientation orientation = orientation_for(*picture);
    const std::int64_t arrival_ns = picture_tag(*picture), pts = picture->pts;
    if (parameters_->crop) crop_picture(*picture, *parameters_->crop, orientation);
    AVFrame* released = picture.release();
    Frame frame(std::shared_ptr<const AVFrame>(released, [](AVFrame* p) { av_frame_free(&p); }), pts_us,
                orientation);
    frame.set_duration_us(stated_us);
    frame.set_arrival_ns(under_way_.shown_ns(pts, context_->has_b_frames, arrival_ns));
    frame.set_taken_ns(under_way_.taken_ns(arrival_ns));
    return frame;
  }

  std::int64_t time_stamp(const AVFrame& picture) {
    const std::int64_t stamp = picture.best_effort_timestamp;
    const std::int64_t pts_us =
        stamp == AV_NOPTS_VALUE ? next_pts_us_ : av_rescale_q(stamp, parameters_->time_base, kMicroseconds);
    // At the end of the range, where only damage leads, time stands still.
    if (__builtin_add_overflow(pts_us, duration_us(picture), &next_pts_us_)) next_pts_us_ = pts_us;
    return pts_us;
  }

  std::int64_t stated_duration_us(const AVFrame& picture) const {
    const std::int64_t duration = frame_duration(picture);
    return duration > 0 ? av_rescale_q(duration, parameters_->time_base, kMicroseconds) : 0;
  }

  std::int64_t duration_us(const AVFrame& picture) const {
    if (const std::int64_t stated = stated_duration_us(picture); stated > 0) return stated;
    const AVRational rate = parameters_->frame_rate;
    if (rate.num > 0 && rate.den > 0) return av_rescale(1'000'000, rate.den, rate.num);
    return 40'000;
  }

  Orientation orientation_for(const AVFrame& picture) const {
    const AVFrameSideData* own = av_frame_get_side_data(&picture, AV_FRAME_DATA_DISPLAYMATRIX);
    if (!own || own->size < 9 * sizeof(std::int32_t)) return parameters_->orientation;
    return orientation_of(reinterpret_cast<const std::int32_t*>(own->data));
  }

  std::shared_ptr<const CodecParameters> parameters_;
  UniqueCodecContext context_;
  const AVPixelFormat device_format_;
  PacketsUnderWay under_way_;
  std::int64_t next_pts_us_ = 0;
  std::int64_t damaged_ = 0;
  std::int64_t decoded_ = 0;
  std::string complaint_;
  int first_error_ = 0;  // FFmpeg's; a feature that it lacks goes before others
};

void leave_out(AVCodecContext& context, const std::vector<Skip>& skip) {
  const auto skips = [&](Skip what) { return std::find(skip.begin(), skip.end(), what) != skip.end(); };
  if (skips(Skip::loop_filter)) context.skip_loop_filter = AVDISCARD_ALL;
  if (skips(Skip::nonreference)) context.skip_frame = AVDISCARD_NONREF;
  if (skips(Skip::nonkey)) context.skip_frame = AVDISCARD_NONKEY;
}

std::unique_ptr<Decoder> make_decoder(std::shared_ptr<const CodecParameters> parameters, int codec_threads,
                                      Hardware hardware) {
  const AVCodecParameters& codec = *parameters->codec;
  const AVCodec* found = avcodec_find_decoder(codec.codec_id);
  if (!found) {
    throw SourceError(parameters->source + ": no decoder for " + avcodec_get_name(codec.codec_id) +
                      " is installed; convert the video to H.264");
  }
  UniqueCodecContext context(avcodec_alloc_context3(found));
  if (!context || avcodec_parameters_to_context(context.get(), &codec) < 0) throw std::bad_alloc();
  context->pkt_timebase = parameters->time_base;
  context->thread_count = codec_threads < 1 ? 1 : codec_threads;
  context->max_pixels = kMaxPixels;
  leave_out(*context, parameters->skip);
  AVPixelFormat device_format = AV_PIX_FMT_NONE;
  if (hardware != Hardware::none)
    device_format = attach_device(*context, *found, hardware, parameters->source);
  const int result = avcodec_open2(context.get(), found, nullptr);
  if (result < 0) {
    throw SourceError(parameters->source + ": the " + std::string(found->name) +
                      " decoder does not start: " + ffmpeg_error_text(result) +
                      "; the file's header is damaged or of a form that it does not know");
  }
  return std::make_unique<CodecDecoder>(std::move(parameters), std::move(context), device_format);
}

}  // namespace

std::unique_ptr<Decoder> Decoder::create(std::shared_ptr<const CodecParameters> parameters,
                                         int codec_threads) {
  const Hardware hardware = parameters->hardware;
  return make_decoder(std::move(parameters), codec_threads, hardware);
}

std::unique_ptr<Decoder> Decoder::create_for_picture(std::shared_ptr<const CodecParameters> parameters) {
  return make_decoder(std::move(parameters), 1, Hardware::none);
}

}  // namespace actionflow
