#include "datasets/video/readers/container_reader.h"

#include <chrono>
#include <new>
#include <thread>
#include <utility>

#include "base/log/hourly.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

// A demuxer that finds no packet in so many tries has nothing more to give.
constexpr int kMaxErrorsInARow = 64;
constexpr std::chrono::milliseconds kRetry{5};
constexpr std::chrono::milliseconds kFarewell{500};
constexpr std::int64_t kNsPerMicrosecond = 1000;
constexpr int kRatePrecision = 1'000'000;
constexpr double kMostLeftAtEnd = 1;  // seconds that a stream may end before what its server said

double rate_or_zero(AVRational rate) { return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0; }

std::optional<double> duration_of(const AVFormatContext& context, const AVStream& stream) {
  if (stream.duration != AV_NOPTS_VALUE && stream.duration > 0)
    return static_cast<double>(stream.duration) * av_q2d(stream.time_base);
  // Guessed from the bit rate it may be anything.
  if (context.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE) return std::nullopt;
  if (context.duration == AV_NOPTS_VALUE || context.duration <= 0) return std::nullopt;
  return static_cast<double>(context.duration) / AV_TIME_BASE;
}

}  // namespace

ContainerReader::ContainerReader(std::shared_ptr<Input> input, const SourceOptions& options, SourceKind kind,
                                 const StopFlag& stop)
    : input_(std::move(input)),
      shown_(without_credentials(options.source)),
      kind_(kind),
      may_be_silent_(kind == SourceKind::file || kind == SourceKind::standard_input || input_->remote) {
  input_->deadline.watch(&stop);
  input_->deadline.watch(
      static_cast<AVFormatContext*>(nullptr));  // from here on each packet is a read of its own
  choose_stream();
  describe_stream();
  choose_clock(options.frame_rate);
  if (info_.live && info_.format == "dash") repeated_.emplace();
  picture_ = longest_picture(options);
  silence_ = longest_silence(options, is_playlist(*input_->context->iformat));
  parameters_ = copy_parameters(options);
}

ContainerReader::~ContainerReader() {
  // Saying good-bye to a server (RTSP's TEARDOWN) must not wait for one that is gone.
  input_->deadline.end_within(kFarewell);
}

void ContainerReader::choose_stream() {
  AVFormatContext* context = input_->context.get();
  const int best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  const bool cover_picture =
      best >= 0 && (context->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  if (best == AVERROR_STREAM_NOT_FOUND || best < 0 || cover_picture)
    throw SourceError(shown_ + ": no video stream; give a file with moving pictures");
  for (unsigned i = 0; i < context->nb_streams; ++i)
    if (static_cast<int>(i) != best) context->streams[i]->discard = AVDISCARD_ALL;
  stream_ = context->streams[best];

  const AVCodecParameters& codec = *stream_->codecpar;
  if (codec.codec_id == AV_CODEC_ID_NONE)
    throw SourceError(shown_ + ": the video's codec is not known; convert it to H.264");
  if (std::int64_t{codec.width} * codec.height > kMaxPixels) {
    throw SourceError(shown_ + ": pictures of " + std::to_string(codec.width) + "×" +
                      std::to_string(codec.height) +
                      " are beyond the limit of 8192×4352; scale the video down first");
  }
}

void ContainerReader::describe_stream() {
  const AVFormatContext& context = *input_->context;
  const AVCodecParameters& codec = *stream_->codecpar;
  info_.format = context.iformat->name;
  info_.codec = avcodec_get_name(codec.codec_id);
  info_.width = codec.width;
  info_.height = codec.height;
  info_.frame_rate = rate_or_zero(stream_->avg_frame_rate);
  info_.duration = duration_of(context, *stream_);
  // A file behind http says its size where it does not say its duration; a playlist's size says nothing.
  const bool sized = !is_manifest(*context.iformat) && context.pb != nullptr && avio_size(context.pb) > 0;
  const bool ends = info_.duration.has_value() || sized;
  info_.live = kind_ == SourceKind::device || kind_ == SourceKind::stream || kind_ == SourceKind::rtsp ||
               (is_network(kind_) && !ends);
  info_.in_pieces = is_manifest(*context.iformat);
}

// A stream without time stamps shows when its pictures were taken only by when they come. What does not come
// by itself has to be believed.
void ContainerReader::choose_clock(std::optional<double> given_rate) {
  if (!has_no_clock(*input_->context->iformat)) {
    if (info_.live) clock_ = PacketClock::of_live(shown_, stream_->time_base);
    return;
  }
  const bool piped = input_->file && !input_->file->regular();
  given_rate_ = given_rate;
  if (given_rate) {
    clock_ = PacketClock::by_rate(*given_rate);
    info_.frame_rate = *given_rate;
  } else if (info_.live || piped) {
    clock_ = PacketClock::by_arrival();
    log::hourly(
        log::Level::info,
        shown_ + ": has no time stamps; its pictures are timed by their arrival, unless frame_rate is given");
    info_.frame_rate = 0;
  } else {
    info_.frame_rate = rate_or_zero(believed_rate());
    log::warn(
        "{}: has no time stamps; {:g} frames a second are believed, which may be a guess; give frame_rate",
        shown_, info_.frame_rate);
  }
}

// The average, or what the demuxer makes time stamps from.
AVRational ContainerReader::believed_rate() const {
  return stream_->avg_frame_rate.num > 0 ? stream_->avg_frame_rate : stream_->r_frame_rate;
}

std::shared_ptr<const CodecParameters> ContainerReader::copy_parameters(const SourceOptions& options) const {
  auto copy = std::make_shared<CodecParameters>();
  copy->codec.reset(avcodec_parameters_alloc());
  if (!copy->codec || avcodec_parameters_copy(copy->codec.get(), stream_->codecpar) < 0)
    throw std::bad_alloc();
  copy->time_base = stream_->time_base;
  copy->sample_aspect = stream_->sample_aspect_ratio;
  if (clock_.keeps_stamps())
    copy->frame_rate = believed_rate();
  else
    copy->time_base = kMicroseconds;
  if (given_rate_) copy->frame_rate = av_d2q(*given_rate_, kRatePrecision);
  copy->orientation = orientation_of(stream_display_matrix(*stream_));
  copy->source = shown_;
  copy->take(options);
  return copy;
}

std::optional<Packet> ContainerReader::read() {
  if (silent_) fail_silent();
  if (!may_be_silent_) allow_next();
  for (;;) {
    fail_if_interrupted();
    auto data = std::make_shared<Packet::Data>();
    data->packet.reset(av_packet_alloc());
    if (!data->packet) throw std::bad_alloc();
    const int result = av_read_frame(input_->context.get(), data->packet.get());
    if (result >= 0) {
      // A stop may have cut this one short.
      if (input_->deadline.stopped()) fail_if_interrupted();
      errors_in_a_row_ = 0;
      if (data->packet->stream_index != stream_->index || came_before(*data->packet)) continue;
      any_packet_ = true;
      note_time(*data->packet);
      // An interrupted demuxer first hands out the packet that it held.
      silent_ = !may_be_silent_ && input_->deadline.expired();
      return arrived(std::move(data));
    }
    fail_if_interrupted();
    if (result == AVERROR_EOF) return end();
    if (result == AVERROR(EAGAIN)) {
      std::this_thread::sleep_for(kRetry);
      continue;
    }
    if (!may_be_silent_ || input_->read_failed()) fail_reading(result);
    ++damaged_;
    if (++errors_in_a_row_ >= kMaxErrorsInARow) return end();
  }
}

void ContainerReader::allow_next() {
  input_->deadline.allow_silence(silence_);
  input_->deadline.allow_in_all(picture_);
}

void ContainerReader::note_time(const AVPacket& packet) {
  if (packet.dts == AV_NOPTS_VALUE) return;
  if (first_dts_ == AV_NOPTS_VALUE) first_dts_ = packet.dts;
  newest_s_ = static_cast<double>(packet.dts - first_dts_) * av_q2d(stream_->time_base);
}

bool ContainerReader::came_before(const AVPacket& packet) {
  return repeated_ && packet.dts != AV_NOPTS_VALUE && repeated_->is_repeated(packet.dts);
}

Packet ContainerReader::arrived(std::shared_ptr<Packet::Data> data) {
  const std::int64_t now_ns = input_->deadline.clock().steady_ns();
  clock_.stamp(*data->packet, now_ns / kNsPerMicrosecond);
  Packet packet(data, now_ns);
  packet.set_taken_ns(producer_time_us(*data->packet) * kNsPerMicrosecond);
  return packet;
}

bool ContainerReader::seek(std::int64_t pts_us) {
  AVFormatContext* context = input_->context.get();
  if (info_.live || !clock_.keeps_stamps() || !context->pb ||
      (context->pb->seekable & AVIO_SEEKABLE_NORMAL) == 0)
    return false;
  const std::int64_t stamp = av_rescale_q_rnd(pts_us, kMicroseconds, stream_->time_base, AV_ROUND_UP);
  errors_in_a_row_ = 0;
  return av_seek_frame(context, stream_->index, stamp, AVSEEK_FLAG_BACKWARD) >= 0;
}

std::optional<Packet> ContainerReader::end() {
  if (input_->read_failed()) fail_reading(input_->file ? AVERROR(input_->file->read_error()) : AVERROR(EIO));
  if (info_.live && !is_over()) throw SourceError(shown_ + ": the connection was lost");
  if (!any_packet_ && damaged_ > 0) fail_unreadable();
  return std::nullopt;
}

// A recording that a server plays says how long it is.
bool ContainerReader::is_over() const {
  return info_.duration && newest_s_ >= *info_.duration - kMostLeftAtEnd;
}

void ContainerReader::fail_unreadable() const {
  if (input_->context->pb && (input_->context->pb->seekable & AVIO_SEEKABLE_NORMAL) == 0)
    throw SourceError(shown_ +
                      ": needs to be read out of order, which a pipe cannot do; save it to a file first");
  throw SourceError(shown_ + ": damaged: no picture data can be read; fetch or record it again");
}

void ContainerReader::fail_if_interrupted() const {
  if (input_->deadline.stopped()) throw SourceError(shown_ + ": stopped");
  if (input_->deadline.expired()) fail_silent();
}

void ContainerReader::fail_silent() const {
  throw SourceError(shown_ + ": " + input_->deadline.why("silent for"));
}

void ContainerReader::fail_reading(int error) const {
  if (input_->remote && input_->remote->failed()) input_->remote->throw_failure();
  // An interrupted demuxer may first hand out what it holds, and report the interruption later.
  if (error == AVERROR_EXIT) fail_silent();
  if (info_.live) throw SourceError(shown_ + ": the connection was lost: " + ffmpeg_error_text(error));
  throw SourceError(shown_ + ": reading failed: " + ffmpeg_error_text(error) +
                    "; check the disk or the network");
}

}  // namespace actionflow
