#include "nodes/sinks/published_video.h"

#include <utility>

#include "base/error.h"
#include "base/log/log.h"
#include "base/text/mask.h"

namespace actionflow {

namespace {

constexpr std::string_view kName = "{stream}";
// Whoever joins waits for a key frame.
constexpr double kKeyFrameSeconds = 2;
// A server that comes and goes is told of so often at most, an outage that lasts in any case.
constexpr double kTellEverySeconds = 600;

// What may not stand in an address is written as %XX.
std::string in_address(const std::string& name) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    const auto byte = static_cast<unsigned char>(c);
    text += plain ? std::string(1, c) : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return text;
}

std::string with_name(std::string address, const std::string& stream) {
  if (const std::size_t at = address.find(kName); at != std::string::npos)
    address.replace(at, kName.size(), in_address(stream));
  return address;
}

}  // namespace

bool PublishedVideo::is_address(const std::string& address) { return address.starts_with("rtsp://"); }

PublishedVideo::PublishedVideo(const std::string& address, const std::string& stream, const Clock& clock)
    : address_(with_name(address, stream)),
      stream_(stream),
      clock_(clock),
      away_lines_(kTellEverySeconds, clock) {}

void PublishedVideo::write(const VideoWriterOptions& form, const std::uint8_t* pixels, std::int64_t pts_us) {
  if (!writer_ && clock_.steady_ns() < next_try_ns_) return;
  try {
    if (!writer_) {
      VideoWriterOptions live = form;
      live.live = true;
      live.keyframe_interval = static_cast<int>(kKeyFrameSeconds * form.frame_rate);
      writer_ = std::make_unique<VideoWriter>(address_, live);
    }
    writer_->write(pixels, pts_us);
    backoff_.note_there(clock_.steady_ns());
    if (std::exchange(told_away_, false)) log::info("{}: {}: back", stream_, without_credentials(address_));
  } catch (const Error& error) {
    writer_.reset();
    next_try_ns_ = clock_.steady_ns() + std::chrono::nanoseconds(backoff_.next()).count();
    if (std::int64_t held_back = 0; !told_away_ && away_lines_.pass(held_back)) {
      log::warn("{}: {}; trying again until it is there", stream_, error.what());
      told_away_ = true;
    }
  }
}

void PublishedVideo::finish() noexcept {
  try {
    if (writer_) writer_->finish();
  } catch (const std::exception&) {
    // The server went first.
  }
  writer_.reset();
}

}  // namespace actionflow
