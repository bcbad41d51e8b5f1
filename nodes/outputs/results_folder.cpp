#include "nodes/outputs/results_folder.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/json_text.h"
#include "base/text/natural_order.h"
#include "base/text/remote_name.h"
#include "base/text/short_name.h"
#include "nodes/outputs/output_blocks.h"
#include "nodes/results/json_lines.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".jsonl";
constexpr std::size_t kMostNameBytes = 220;  // so that the suffix, and a temporary's, have room in 255

fs::path made(fs::path folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error))
    throw UsageError("--output " + folder.string() + ": cannot be made a folder" +
                     (error ? ": " + error.message() : ""));
  return folder;
}

// The folder that it stands in.
fs::path home_of(const fs::path& folder) {
  std::error_code error;
  fs::path real = fs::canonical(folder, error);
  if (!real.has_filename()) real = real.parent_path();
  return real.parent_path();
}

// Where a file lies, or would lie if it were there; empty for what names no file here.
fs::path real_path(const fs::path& name) {
  std::error_code none;
  fs::path real = fs::canonical(name, none);
  const bool names_file = name.has_parent_path() || names_recording(name.native());
  if (!real.empty() || !names_file || !name.has_filename()) return real;
  const fs::path folder = fs::canonical(name.has_parent_path() ? name.parent_path() : ".", none);
  return folder.empty() ? folder : folder / name.filename();
}

// What is no file here is told by its name alone. In a bucket, "a//b" is not "a/b".
std::string recording_from(const std::string& stream, const fs::path& home) {
  if (is_remote(stream)) return stream;
  const fs::path real = real_path(stream);
  if (real.empty()) return fs::path(stream).lexically_normal().string();
  const fs::path below = real.lexically_relative(home);
  const bool inside = !below.empty() && *below.begin() != ".." && below != ".";
  return (inside ? below : real).string();
}

// A last line says which recording's its file is, where that is not the stream's name, and from what it was
// made.
constexpr const char* kRecording = "recording";
constexpr const char* kMadeFrom = "made_from";

std::string with_origin(std::string line, const ResultsFolder& folder, const std::string& stream) {
  const auto add = [&line](const char* key, const std::string& value) {
    line.pop_back();
    line += ",\"" + std::string(key) + "\":" + json_text(nlohmann::json(value)) + "}";
  };
  if (const std::string recording = folder.recording_of(stream); recording != stream)
    add(kRecording, recording);
  if (const std::string made_from = folder.made_from(stream); !made_from.empty()) add(kMadeFrom, made_from);
  return line;
}

nlohmann::json last_line(const std::string& lines) {
  if (lines.empty()) return {};
  const std::size_t begin = lines.rfind('\n', lines.size() - 2) + 1;
  return nlohmann::json::parse(lines.substr(begin), nullptr, false);
}

std::string told(const nlohmann::json& line, const char* key) {
  return line.is_object() && line.contains(key) && line[key].is_string() ? line[key].get<std::string>()
                                                                         : std::string();
}

// The first line that is another, as a sentence; empty where none is.
std::string other_line(const std::string& before, const std::string& now) {
  std::istringstream olds(before), news(now);
  for (std::string old_line, new_line;;) {
    const bool more = static_cast<bool>(std::getline(olds, old_line));
    if (!std::getline(news, new_line)) new_line.clear();
    if (old_line != new_line) return "'" + old_line + "' is now '" + new_line + "'";
    if (!more) return {};
    old_line.clear();
  }
}

}  // namespace

ResultsFolder::ResultsFolder(fs::path folder)
    : folder_(made(std::move(folder))), home_(home_of(folder_)), locks_(folder_ / ".taken") {}

void ResultsFolder::require_made_by(const std::string& how) {
  constexpr const char* kMadeBy = ".made_by";
  constexpr std::chrono::milliseconds kLook{10};
  while (!locks_.try_take(kMadeBy)) std::this_thread::sleep_for(kLook);
  const fs::path file = folder_ / kMadeBy;
  std::ifstream stream(file, std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(stream), {}};
  if (before.empty()) replace_file(file, how);
  locks_.release(kMadeBy);
  if (const std::string other = other_line(before, how); !before.empty() && !other.empty())
    throw UsageError("--output " + folder_.string() + ": its results were made otherwise: " + other +
                     "; expected the same network and options, or a folder of its own");
}

// Many have a folder in common, but looking where each lies is cheap beside reading it.
std::string ResultsFolder::recording_of(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto [known, added] = recordings_.try_emplace(stream);
  if (added) known->second = recording_from(stream, home_);
  return known->second;
}

// Below the folder, whatever the name: "/a/b" and "../b" are not.
fs::path ResultsFolder::file_of(const std::string& stream) const {
  const std::string recording = recording_of(stream);
  const bool remote = is_remote(recording);
  fs::path inside;
  std::size_t begin = 0;
  if (remote) {
    begin = recording.find("://") + 3;
    inside = recording.substr(0, begin - 2);
  }
  for (std::size_t end = 0; end < recording.size(); begin = end + 1) {
    end = std::min(recording.find('/', begin), recording.size());
    const std::string part = recording.substr(begin, end - begin);
    if (part.empty() && !remote) continue;
    const bool steps = part == "." || part == "..";
    inside /= part.empty() ? "_" : steps ? "__" : short_name(part, kMostNameBytes);
  }
  return folder_ / (inside.string() + kSuffix);
}

std::vector<ResultsFolder::Standing> ResultsFolder::standing_in(const fs::path& file) const {
  std::vector<Standing> all;
  for (const OutputBlock& block : read_output_blocks(file)) {
    const nlohmann::json line = last_line(block.text);
    const std::string recording = told(line, kRecording);
    all.push_back({recording.empty() ? recording_of(block.stream) : recording, block.stream,
                   told(line, kMadeFrom), block.done});
  }
  return all;
}

void ResultsFolder::expect(const std::string& stream, const std::string& made_from) {
  const std::lock_guard lock(mutex_);
  made_from_[stream] = made_from;
}

std::string ResultsFolder::made_from(const std::string& stream) const {
  const std::lock_guard lock(mutex_);
  const auto known = made_from_.find(stream);
  return known == made_from_.end() ? std::string() : known->second;
}

bool ResultsFolder::is_done(const Standing& standing, const std::string& stream) const {
  return standing.done && standing.made_from == made_from(stream);
}

bool ResultsFolder::done(const std::string& stream) const {
  const std::string recording = recording_of(stream);
  return std::ranges::any_of(standing_in(file_of(stream)), [&](const Standing& standing) {
    return standing.recording == recording && is_done(standing, stream);
  });
}

bool ResultsFolder::take(const std::string& stream) {
  const std::string recording = recording_of(stream);
  const fs::path file = file_of(stream);
  {
    const std::lock_guard lock(mutex_);
    if (taken_.contains(recording) || !locks_.try_take(recording)) return false;
    taken_.insert(recording);
  }
  for (const Standing& standing : standing_in(file)) {
    const bool other = standing.recording != recording;
    if (!other && !is_done(standing, stream)) continue;
    leave(stream);
    if (other)
      throw UsageError(file.string() + " holds the results of '" + standing.stream + "', not of '" + stream +
                       "'; expected a folder of its own for one of them");
    return false;  // done in the meantime
  }
  return true;
}

// Once a run, since a folder of very many results takes long to list.
void ResultsFolder::make_ready(const fs::path& folder) {
  std::error_code error;  // where it matters, the file cannot be written, which says why
  fs::create_directories(folder, error);
  {
    const std::lock_guard lock(mutex_);
    if (!swept_.insert(folder).second) return;
  }
  remove_leftovers_in(folder, kSuffix);
}

void ResultsFolder::put(const std::string& stream, const std::string& lines) {
  const fs::path file = file_of(stream);
  try {
    make_ready(file.parent_path());
    replace_file(file, lines);
  } catch (...) {
    leave(stream);
    throw;
  }
  leave(stream);
}

void ResultsFolder::leave(const std::string& stream) noexcept {
  const std::lock_guard lock(mutex_);
  const auto known = recordings_.find(stream);
  if (known != recordings_.end() && taken_.erase(known->second) > 0) locks_.release(known->second);
}

std::vector<fs::path> result_files_in(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == kSuffix) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.string(), b.string()); });
  return found;
}

void FolderOutput::window(const WindowResult& result) {
  waiting_[result.stream] += to_json_line(result) + "\n";
}

void FolderOutput::event(const EventResult& result) {
  waiting_[result.stream] += to_json_line(result) + "\n";
}

void FolderOutput::stream_end(const StreamEnd& end) {
  const std::string lines = std::move(waiting_[end.stream]);
  waiting_.erase(end.stream);
  if (end.whole || end.error)
    return folder_->put(end.stream, lines + with_origin(to_json_line(end), *folder_, end.stream) + "\n");
  folder_->leave(end.stream);
}

}  // namespace actionflow
