#include "pipeline/commands/arguments/named_recordings.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/error.h"
#include "base/machine/clock.h"
#include "base/remote/local_copy.h"
#include "base/remote/range_request.h"
#include "base/text/remote_name.h"
#include "base/text/server_path.h"
#include "datasets/video/recordings_folder.h"
#include "datasets/video/source_policy.h"

namespace actionflow {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEnoughToTell = 1024;  // a playlist from a video
constexpr double kSecondsToTell = 3;
constexpr std::uint64_t kMostListBytes = std::uint64_t{1} << 30;

bool holds_recordings(const std::string& source) {
  std::error_code error;
  return is_remote(source) ? source.starts_with("s3://") && source.ends_with('/')
                           : fs::is_directory(source, error);
}

std::string text_of(const std::string& list) {
  if (is_remote(list)) return read_remote(list, kMostListBytes);
  std::ifstream file(list, std::ios::binary);
  if (!file) throw SourceError(list + ": cannot be read, expected a list of recordings, one a line");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<NamedRecording> listed_in(const std::string& list) {
  const std::string folder = list.substr(0, list.rfind('/') + 1);
  std::vector<NamedRecording> recordings;
  std::istringstream lines(text_of(list));
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    while (line.starts_with("./")) line.erase(0, 2);
    const bool whole = line.starts_with('/') || is_remote(line);
    const std::string inside = is_remote(folder) ? on_server(folder, line) : folder + line;
    recordings.push_back({whole ? line : inside, line});
  }
  return recordings;
}

}  // namespace

bool is_recording_on_server(const NamedRecording& named, bool expected) {
  if (source_kind_by_name(named.source) != SourceKind::http || names_recording(named.source)) return false;
  if (!named.name.empty()) return true;
  try {
    // Asked once and not for long: a camera that is away is waited for by who watches it.
    const Deadline deadline(kSecondsToTell);
    const RangeAnswer answer =
        request_range(RemoteTarget::of(named.source), {0, kEnoughToTell},
                      {.most_whole = kEnoughToTell, .stopped = [&deadline] { return deadline.passed(); }});
    const bool whole = answer.status == 200;
    if (!whole && answer.status != 206) return expected;
    const auto holds = [&](const char* text) { return answer.body.find(text) != std::string::npos; };
    if (holds("#EXTM3U") || holds("<MPD")) return false;
    return whole ? expected && answer.length.value_or(0) > 0
                 : answer.total.value_or(0) > 0 && !answer.body.empty();
  } catch (const Error&) {
    return expected;
  }
}

std::vector<NamedRecording> recordings_of(const std::string& source) {
  std::vector<NamedRecording> recordings;
  if (source.ends_with(".txt")) {
    recordings = listed_in(source);
  } else if (holds_recordings(source)) {
    for (const std::string& found : recordings_in(source))
      recordings.push_back(
          {found, found == source ? "" : fs::path(found).lexically_relative(source).string()});
  }
  if (recordings.empty()) recordings.push_back({source, ""});
  return recordings;
}

}  // namespace actionflow
