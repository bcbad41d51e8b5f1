#include "datasets/video/ffmpeg_log.h"

#include <strings.h>

#include <array>
#include <cstdarg>
#include <mutex>
#include <utility>

#include "base/log/log.h"
#include "base/text/mask.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/stream_parameters.h"

namespace actionflow {

namespace {

std::size_t find_ignoring_case(const std::string& text, const char* word) {
  const std::size_t length = std::strlen(word);
  for (std::size_t i = 0; i + length <= text.size(); ++i)
    if (strncasecmp(text.c_str() + i, word, length) == 0) return i;
  return std::string::npos;
}

// Where this thread's first complaint goes, if anybody asks for it. A line may come in pieces.
thread_local std::string* wanted_complaint = nullptr;

void note_complaint(void* context, int level, const char* format, va_list arguments) {
  const bool whole = wanted_complaint && wanted_complaint->ends_with('\n');
  if (level > AV_LOG_WARNING || !wanted_complaint || whole) return;
  std::array<char, 512> piece{};
  int print_prefix = 0;
  av_log_format_line2(context, level, format, arguments, piece.data(), piece.size(), &print_prefix);
  *wanted_complaint += piece.data();
}

void log_line(void* context, int level, const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  note_complaint(context, level, format, again);
  va_end(again);
  // Beyond "info" FFmpeg prints whole requests, which nobody reads and which hold passwords.
  if (level > AV_LOG_INFO || log::level() > log::Level::debug) return;
  std::array<char, 2048> line{};
  thread_local int print_prefix = 1;
  av_log_format_line2(context, level, format, arguments, line.data(), line.size(), &print_prefix);
  std::string text(line.data());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty()) log::debug("ffmpeg: {}", safe_log_line(std::move(text)));
}

}  // namespace

std::string safe_log_line(std::string line) {
  for (const char* header : {"authorization", "authenticate", "cookie"}) {
    const std::size_t at = find_ignoring_case(line, header);
    if (at != std::string::npos) line = line.substr(0, at + std::strlen(header)) + ": ***";
  }
  return without_credentials(line);
}

FirstComplaint::FirstComplaint(std::string& text) : before_(std::exchange(wanted_complaint, &text)) {}
FirstComplaint::~FirstComplaint() { wanted_complaint = before_; }

void take_over_ffmpeg() {
  av_log_set_callback(log_line);
  av_max_alloc(kMaxAllocationBytes);
}

void prepare_ffmpeg() {
  static std::once_flag once;
  std::call_once(once, [] { avformat_network_init(); });
}

}  // namespace actionflow
