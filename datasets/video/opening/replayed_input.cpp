#include "datasets/video/opening/replayed_input.h"

#include <algorithm>
#include <string>

#include "datasets/video/opening/motion_jpeg.h"
#include "datasets/video/opening/own_io.h"

namespace actionflow {

namespace {

constexpr int kReplayBufferBytes = 1 << 15;
constexpr std::size_t kLeastToJudge = 128;
constexpr std::size_t kMostToJudge = std::size_t{1} << 20;
constexpr std::int64_t kMostKept = std::int64_t{16} << 20;  // of a file that cannot be sought in
constexpr std::size_t kMostOfAPicture = std::size_t{64} << 20;

std::string mime_type_of(AVIOContext& io) {
  std::uint8_t* text = nullptr;
  if (!io.av_class || av_opt_get(&io, "mime_type", AV_OPT_SEARCH_CHILDREN, &text) < 0 || !text) return {};
  std::string type(reinterpret_cast<char*>(text));
  av_free(text);
  return type;
}

const AVInputFormat* judge(const std::vector<std::uint8_t>& bytes, const char* name,
                           const std::string& mime_type, int& score) {
  std::vector<std::uint8_t> padded(bytes);
  padded.resize(bytes.size() + AVPROBE_PADDING_SIZE);
  AVProbeData data{};
  data.filename = name;
  data.buf = padded.data();
  data.buf_size = static_cast<int>(bytes.size());
  data.mime_type = mime_type.empty() ? nullptr : mime_type.c_str();
  return av_probe_input_format2(&data, 1, &score);
}

bool is_picture(const AVInputFormat& format) { return av_match_name("jpeg_pipe", format.name) > 0; }

}  // namespace

ReplayedInput::ReplayedInput(AVIOContext& inner, IoDeadline& deadline) : inner_(inner), deadline_(deadline) {
  io_ = own_io<&ReplayedInput::read, &ReplayedInput::seek>(this, kReplayBufferBytes);
  io_->seekable = inner.seekable;
  const std::int64_t size = inner.seekable != 0 ? -1 : avio_size(&inner);
  keeps_all_ = size > 0 && size <= kMostKept;
}

const AVInputFormat* ReplayedInput::probe(const char* name, int& score) {
  const std::string mime_type = mime_type_of(inner_);
  // Looking at the same bytes again for each further one would take the square of their number.
  for (std::size_t next = kLeastToJudge;;) {
    const bool more = see_more();
    const bool last = !more || seen_.size() >= (begins_as_jpeg(seen_) ? kMostOfAPicture : kMostToJudge);
    if (!last && seen_.size() < next) continue;
    if (is_motion_jpeg(seen_)) {
      score = AVPROBE_SCORE_MAX;
      return av_find_input_format("mjpeg");
    }
    score = last ? 0 : AVPROBE_SCORE_RETRY;
    const AVInputFormat* format = judge(seen_, name, mime_type, score);
    // After a picture another may come, and then it was no picture.
    if (last || (format && !is_picture(*format))) return format;
    next = seen_.size() + seen_.size() / 8 + 1;
  }
}

bool ReplayedInput::see_more() {
  const std::size_t before = seen_.size();
  seen_.resize(before + kReplayBufferBytes);
  const int count = read_arriving(seen_.data() + before, kReplayBufferBytes);
  seen_.resize(before + static_cast<std::size_t>(std::max(0, count)));
  return count > 0;
}

int ReplayedInput::read_arriving(std::uint8_t* bytes, int size) {
  const int count = avio_read_partial(&inner_, bytes, size);
  if (count > 0) deadline_.note_progress();
  return count == 0 ? AVERROR_EOF : count;
}

int ReplayedInput::read(std::uint8_t* bytes, int size) {
  const auto seen = static_cast<std::int64_t>(seen_.size());
  int count = 0;
  if (position_ < seen) {
    count = static_cast<int>(std::min<std::int64_t>(size, seen - position_));
    std::copy_n(seen_.begin() + position_, count, bytes);
  } else {
    if (avio_tell(&inner_) != position_) {
      const std::int64_t moved = avio_seek(&inner_, position_, SEEK_SET);
      if (moved < 0) return static_cast<int>(moved);
    }
    count = read_arriving(bytes, size);
    if (count > 0 && keeps_all_ && position_ == seen) seen_.insert(seen_.end(), bytes, bytes + count);
  }
  if (count > 0) position_ += count;
  return count;
}

std::int64_t ReplayedInput::seek(std::int64_t offset, int whence) {
  if ((whence & AVSEEK_SIZE) != 0) return avio_size(&inner_);
  if ((whence & ~AVSEEK_FORCE) != SEEK_SET || offset < 0) return AVERROR(EINVAL);
  const auto seen = static_cast<std::int64_t>(seen_.size());
  const bool inner_at_seen = avio_tell(&inner_) == seen;
  const bool reachable = (inner_.seekable & AVIO_SEEKABLE_NORMAL) != 0 || offset == position_ ||
                         (offset <= seen && inner_at_seen);
  if (!reachable) return AVERROR(EPIPE);
  position_ = offset;
  return offset;
}

}  // namespace actionflow
