#include "nodes/outputs/results_folder.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/text/natural_order.h"
#include "nodes/outputs/output_blocks.h"
#include "nodes/results/json_lines.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".jsonl";

fs::path made(fs::path folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder, error))
    throw UsageError("--output " + folder.string() + ": cannot be made a folder" +
                     (error ? ": " + error.message() : ""));
  return folder;
}

}  // namespace

ResultsFolder::ResultsFolder(fs::path folder)
    : folder_(made(std::move(folder))), locks_(folder_ / ".taken") {}

// Below the folder, whatever the name: "/a/b" and "../b" are not.
fs::path ResultsFolder::file_of(const std::string& stream) const {
  fs::path inside;
  for (const fs::path& part : fs::path(stream).lexically_normal().relative_path())
    inside /= part == ".." ? fs::path("__") : part;
  return folder_ / (inside.string() + kSuffix);
}

bool ResultsFolder::done(const std::string& stream) const {
  const std::vector<OutputBlock> blocks = read_output_blocks(file_of(stream));
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const OutputBlock& block) { return block.stream == stream && block.done; });
}

bool ResultsFolder::take(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  if (taken_.contains(stream) || !locks_.try_take(stream)) return false;
  for (const OutputBlock& block : read_output_blocks(file_of(stream))) {
    const bool other = block.stream != stream;
    if (!other && !block.done) continue;
    locks_.release(stream);
    if (other)
      throw UsageError(file_of(stream).string() + " holds the results of '" + block.stream + "', not of '" +
                       stream + "'; expected a folder of its own for one of them");
    return false;  // done in the meantime
  }
  taken_.insert(stream);
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
  if (taken_.erase(stream) > 0) locks_.release(stream);
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
  if (end.whole || end.error) return folder_->put(end.stream, lines + to_json_line(end) + "\n");
  folder_->leave(end.stream);
}

}  // namespace actionflow
