#include "nodes/outputs/output_file.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "nodes/outputs/captions.h"
#include "nodes/outputs/csv_output.h"
#include "nodes/outputs/event_page_head.h"
#include "nodes/outputs/json_output.h"
#include "nodes/outputs/output_blocks.h"
#include "nodes/results/stream_file.h"

namespace actionflow {

namespace {

constexpr std::array<std::string_view, 5> kSuffixes{".jsonl", ".csv", ".srt", ".vtt", ".html"};

bool is_captions(const std::string& suffix) { return suffix == ".srt" || suffix == ".vtt"; }

}  // namespace

OutputFile::OutputFile(std::filesystem::path file, bool several)
    : file_(std::move(file)), suffix_(file_.extension().string()), several_(several) {
  std::error_code error;
  if (!file_.has_filename() || std::filesystem::is_directory(file_, error)) {
    folder_ = std::make_shared<ResultsFolder>(file_);
    return;
  }
  if (std::find(kSuffixes.begin(), kSuffixes.end(), suffix_) == kSuffixes.end())
    throw UsageError("--output " + file_.string() +
                     ": expected a name that ends in .jsonl, .csv, .srt, .vtt or .html, or FOLDER/");
  if (is_captions(suffix_)) return;
  for (const OutputBlock& block : read_output_blocks(file_)) {
    if (block.done) done_.insert(block.stream);
  }
}

bool OutputFile::done(const std::string& stream) const {
  if (folder_) return folder_->done(stream);
  if (!is_captions(suffix_)) return done_.contains(stream);
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(captions_of(stream), error);
  return !error && bytes > 0;
}

void OutputFile::check_streams(const std::set<std::string>& streams) const {
  if (!is_captions(suffix_)) return;
  std::map<std::filesystem::path, std::string> taken;
  for (const std::string& stream : streams) {
    const std::filesystem::path file = captions_of(stream);
    const auto [other, free] = taken.try_emplace(file, stream);
    if (!free)
      throw UsageError("--output " + file_.string() + ": captions of '" + other->second + "' and of '" +
                       stream + "' would both be " + file.string() +
                       ", expected one of these videos in a run of its own");
    if (file.filename().string().size() > NAME_MAX)
      throw UsageError(
          "--output " + file_.string() + ": captions of '" + stream +
          "' would have a name that is too long, expected a path that is shorter; change into the "
          "folder of the videos");
  }
}

std::shared_ptr<ResultSink> OutputFile::open(const Content& content) const {
  if (folder_) {
    if (!content.cameras.empty())
      throw UsageError("--output " + file_.string() + ": stream '" + *content.cameras.begin() +
                       "' has no end, expected recordings, or NAME.jsonl in the folder's place");
    return std::make_shared<FolderOutput>(folder_);
  }
  if (is_captions(suffix_)) {
    const auto format = suffix_ == ".srt" ? CaptionFormat::srt : CaptionFormat::vtt;
    return std::make_shared<CaptionOutput>(
        format, [self = *this](const std::string& stream) { return self.captions_of(stream); },
        content.found);
  }
  if (suffix_ == ".csv")
    return std::make_shared<CsvOutput>(go_on(kCsvHeader, content.renewed), content.found);
  if (suffix_ == ".jsonl") return std::make_shared<JsonOutput>(go_on("", content.renewed), content.cameras);
  return std::make_shared<EventPage>(go_on(event_page_head(content.classes), content.renewed),
                                     std::filesystem::absolute(file_).parent_path(), content.files,
                                     content.found);
}

std::filesystem::path OutputFile::captions_of(const std::string& stream) const {
  return several_ ? stream_file(file_, stream) : file_;
}

LineOutput OutputFile::go_on(const std::string& head, const std::set<std::string>& renewed) const {
  std::string text = head;
  for (const OutputBlock& block : read_output_blocks(file_)) {
    if (!renewed.contains(block.stream)) text += block.text;
  }
  remove_leftovers(file_);
  replace_file(file_, text);
  return LineOutput(file_, LineOutput::At::end);
}

}  // namespace actionflow
