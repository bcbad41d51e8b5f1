#include "datasets/video/readers/frame_folder_reader.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <new>
#include <utility>

#include "base/log/log.h"
#include "base/text/lower_case.h"
#include "base/text/natural_order.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/decoding/picture_kind.h"
#include "datasets/video/ffmpeg_log.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr double kPresetRate = 25;
constexpr std::uintmax_t kMaxFileBytes = std::uintmax_t{256} << 20;

AVCodecID codec_of(const fs::path& name) {
  const std::string suffix = lower_case(name.extension().string());
  if (suffix == ".jpg" || suffix == ".jpeg") return AV_CODEC_ID_MJPEG;
  if (suffix == ".png") return AV_CODEC_ID_PNG;
  return AV_CODEC_ID_NONE;
}

void require_inside(const fs::path& file, const fs::path& folder, const std::string& shown) {
  std::error_code error;
  if (!fs::is_symlink(file, error)) return;
  const fs::path real = fs::canonical(file, error);
  const fs::path root = fs::canonical(folder, error);
  const auto [left, right] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (left != root.end())
    throw SourceError(shown + ": " + file.filename().string() +
                      " is a link that leads out of the folder; copy the frame into it");
}

struct Listing {
  std::vector<std::string> names;
  AVCodecID codec = AV_CODEC_ID_NONE;
};

Listing list_frames(const fs::path& folder, const std::string& shown) {
  Listing listing;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error)
    throw SourceError(shown + ": the folder cannot be read: " + error.message() + "; check its permissions");
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    const AVCodecID codec = codec_of(entry.path());
    if (name.front() == '.' || codec == AV_CODEC_ID_NONE) continue;
    require_inside(entry.path(), folder, shown);
    if (!entry.is_regular_file(error)) continue;
    if (listing.codec != AV_CODEC_ID_NONE && listing.codec != codec)
      throw SourceError(shown + ": the folder holds both JPEG and PNG files; keep the frames of one kind");
    listing.codec = codec;
    listing.names.push_back(name);
  }
  if (listing.names.empty())
    throw SourceError(shown + ": the folder holds no frames; put .jpg, .jpeg or .png files into it");
  std::sort(listing.names.begin(), listing.names.end(), natural_less);
  return listing;
}

}  // namespace

FrameFolderReader::FrameFolderReader(const SourceOptions& options, const StopFlag& stop, const Clock& clock)
    : folder_(options.source),
      shown_(without_credentials(options.source)),
      frame_rate_(options.frame_rate.value_or(kPresetRate)),
      stop_(stop),
      clock_(clock) {
  prepare_ffmpeg();
  if (!(frame_rate_ > 0)) throw SourceError(shown_ + ": frame_rate must be above 0");
  Listing listing = list_frames(folder_, shown_);
  names_ = std::move(listing.names);
  if (const AVCodecID codec = codec_by_content(); codec != AV_CODEC_ID_NONE) listing.codec = codec;

  auto parameters = std::make_shared<CodecParameters>();
  parameters->codec.reset(avcodec_parameters_alloc());
  if (!parameters->codec) throw std::bad_alloc();
  parameters->codec->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec->codec_id = listing.codec;
  parameters->frame_rate = av_d2q(frame_rate_, 1'000'000);
  parameters->source = shown_;
  parameters->take(options);
  parameters_ = std::move(parameters);

  info_.format = "frames";
  info_.codec = avcodec_get_name(listing.codec);
  info_.frame_rate = frame_rate_;
  info_.duration = static_cast<double>(names_.size()) / frame_rate_;
  measure();
}

// Of the first file that holds a JPEG or PNG picture; AV_CODEC_ID_NONE where all are damaged at their begin.
AVCodecID FrameFolderReader::codec_by_content() const {
  std::string other;
  for (const std::string& name : names_) {
    const PictureKind kind = picture_kind(folder_ / name);
    if (kind.codec != AV_CODEC_ID_NONE) return kind.codec;
    if (other.empty() && !kind.holds.empty()) other = name + " is " + kind.holds;
  }
  if (!other.empty())
    throw SourceError(shown_ + ": " + other + ", whatever its name says; convert the frames to JPEG or PNG");
  return AV_CODEC_ID_NONE;
}

// A picture's size stands in its first frame only.
void FrameFolderReader::measure() {
  std::vector<Frame> frames;
  const std::unique_ptr<Decoder> decoder = Decoder::create(parameters_, 1);
  decoder->decode(packet(0), frames);
  decoder->flush(frames);
  if (frames.empty()) return;
  info_.width = frames.front().coded_width();
  info_.height = frames.front().coded_height();
}

std::optional<Packet> FrameFolderReader::read() {
  if (stop_) throw SourceError(shown_ + ": stopped");
  if (next_ == names_.size()) return std::nullopt;
  return packet(next_++);
}

bool FrameFolderReader::seek(std::int64_t pts_us) {
  const double frame = static_cast<double>(pts_us) * frame_rate_ / 1e6;
  // A time stamp is rounded to the microsecond, so the frame before is near enough too.
  next_ =
      static_cast<std::size_t>(std::clamp(std::floor(frame), 0.0, static_cast<double>(names_.size() - 1)));
  return true;
}

void FrameFolderReader::tell_of_another_kind(std::size_t index, const std::string& kind) {
  if (told_of_another_kind_) return;
  told_of_another_kind_ = true;
  log::warn("{}: {} is a {} picture, while the folder's first is {}; such files count as damaged", shown_,
            names_[index], kind, info_.codec == "mjpeg" ? "JPEG" : "PNG");
}

Packet FrameFolderReader::packet(std::size_t index) {
  auto data = std::make_shared<Packet::Data>();
  data->packet.reset(av_packet_alloc());
  if (!data->packet) throw std::bad_alloc();
  AVPacket& packet = *data->packet;

  const fs::path file = folder_ / names_[index];
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  data->unreadable = error || size == 0 || size > kMaxFileBytes;
  const PictureKind kind = picture_kind(file);
  if (!kind.name.empty() && kind.codec != parameters_->codec->codec_id) {
    tell_of_another_kind(index, kind.name);
    data->unreadable = true;
  }
  if (!data->unreadable) {
    if (av_new_packet(&packet, static_cast<int>(size)) < 0) throw std::bad_alloc();
    std::ifstream stream(file, std::ios::binary);
    data->unreadable = !stream.read(reinterpret_cast<char*>(packet.data), packet.size);
  }
  const auto time_of = [this](std::size_t k) {
    return std::llround(static_cast<double>(k) * 1'000'000 / frame_rate_);
  };
  packet.pts = packet.dts = time_of(index);
  packet.duration = time_of(index + 1) - packet.pts;
  packet.flags |= AV_PKT_FLAG_KEY;
  return {std::move(data), clock_.steady_ns()};
}

}  // namespace actionflow
