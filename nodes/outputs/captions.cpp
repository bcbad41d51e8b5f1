#include "nodes/outputs/captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/files/atomic_file.h"

namespace actionflow {

namespace {

std::int64_t milliseconds(double seconds) { return std::max<std::int64_t>(0, std::llround(seconds * 1000)); }

std::string time_text(std::int64_t ms, char point) {
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, point,
                     ms % 1000);
}

// One line; in WebVTT `&` and `<` begin markup, and an arrow ends the text.
std::string cue_text(CaptionFormat format, const std::string& label) {
  std::string text;
  for (const char c : label) {
    if (format == CaptionFormat::vtt && c == '&') {
      text += "&amp;";
    } else if (format == CaptionFormat::vtt && (c == '<' || c == '>')) {
      text += c == '<' ? "&lt;" : "&gt;";
    } else {
      text += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return text;
}

}  // namespace

std::string captions(CaptionFormat format, const std::vector<FoundAction>& actions) {
  const bool srt = format == CaptionFormat::srt;
  const char point = srt ? ',' : '.';
  std::string text = srt ? "" : "WEBVTT\n\n";
  int number = 0;
  for (const FoundAction& action : actions) {
    const std::int64_t start = milliseconds(action.start);
    const std::int64_t end = std::max(start + 1, milliseconds(action.end));
    if (srt) text += std::to_string(++number) + "\n";
    text += time_text(start, point) + " --> " + time_text(end, point) + "\n" +
            cue_text(format, action.label) + "\n\n";
  }
  return text.empty() ? "\n" : text;
}

void CaptionOutput::write(const StreamEnd& end, const std::vector<FoundAction>& actions) {
  if (end.error) return;
  const std::filesystem::path file = file_of_(end.stream);
  remove_leftovers(file);
  replace_file(file, captions(format_, actions));
}

}  // namespace actionflow
