#include "pipeline/commands/result_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/log/log.h"
#include "nodes/results/tee_sink.h"
#include "pipeline/commands/made_by.h"
#include "pipeline/graph/output_check.h"

namespace actionflow {

namespace {

namespace fs = std::filesystem;

Found found_by(const PipelineDescription& description) {
  const bool events = std::any_of(
      description.nodes.begin(), description.nodes.end(),
      [](const NodeDescription& node) { return node.final_result && node.kind->output == PortType::events; });
  return events ? Found::events : Found::windows;
}

OutputFile::Content content_of(const PipelineDescription& description) {
  OutputFile::Content content;
  content.found = found_by(description);
  for (const NodeDescription& node : description.nodes) {
    for (const std::string& label : node.node->classes()) {
      if (std::find(content.classes.begin(), content.classes.end(), label) == content.classes.end())
        content.classes.push_back(label);
    }
  }
  for (const StreamDescription& stream : description.streams) {
    const fs::path source = stream.source.source;
    std::error_code error;
    if (is_live(stream.source) || stream.source.source == "-") {
      content.cameras.insert(stream.name);
      continue;
    }
    content.renewed.insert(stream.name);
    if (fs::exists(source, error)) content.files[stream.name] = source;
  }
  return content;
}

void refuse_other_uses(const PipelineDescription& description, const OutputFile& file) {
  const std::string use = other_use_of(file.path(), description);
  if (!use.empty())
    throw UsageError("--output " + file.path().string() + " " + use + ", expected a file of its own");
}

}  // namespace

bool is_of_recordings(const std::vector<std::string>& files) {
  return std::ranges::any_of(
      files, [](const fs::path& file) { return file.extension() != ".jsonl" && file.extension() != ".csv"; });
}

ResultFiles::ResultFiles(const std::vector<std::string>& files, bool several) {
  for (const std::string& file : files) files_.emplace_back(file, several);
  for (auto file = files_.begin(); file != files_.end(); ++file) {
    const auto same = [&](const OutputFile& other) { return is_one_file(other.path(), file->path()); };
    if (std::any_of(files_.begin(), file, same))
      throw UsageError("--output " + file->path().string() + " names a file twice, expected a file each");
  }
  for (const OutputFile& file : files_) {
    if (file.folder() && files_.size() > 1)
      throw UsageError("--output " + file.path().string() +
                       ": a folder stands alone, expected no other --output; `merge` makes files of it");
  }
}

std::function<bool(const StreamDescription&)> ResultFiles::done() const {
  if (files_.empty()) return {};
  return [this](const StreamDescription& stream) {
    return std::all_of(files_.begin(), files_.end(), [&](const OutputFile& file) {
      if (file.folder()) file.folder()->expect(stream.name, made_from(stream.source));
      return file.done(stream.name);
    });
  };
}

std::function<bool(const std::string&)> ResultFiles::take() const {
  if (files_.empty() || !files_.front().folder()) return {};
  return [folder = files_.front().folder()](const std::string& stream) { return folder->take(stream); };
}

std::shared_ptr<ResultSink> ResultFiles::open(const PipelineDescription& description,
                                              const PipelineOverrides& overrides,
                                              std::shared_ptr<ResultSink> shown) const {
  if (files_.empty()) return shown;
  const OutputFile::Content content = content_of(description);
  std::set<std::string> streams(description.passed_over.begin(), description.passed_over.end());
  for (const StreamDescription& stream : description.streams) streams.insert(stream.name);
  for (const OutputFile& file : files_) {
    refuse_other_uses(description, file);
    file.check_streams(streams);
    if (file.folder() && content.cameras.empty())
      file.folder()->require_made_by(made_by(description, overrides));
  }
  std::vector<std::shared_ptr<ResultSink>> sinks{std::move(shown)};
  for (const OutputFile& file : files_) sinks.push_back(file.open(content));
  if (const std::size_t done = description.passed_over.size())
    log::info("{} of {} streams stand in {} already and are passed over", done,
              done + description.streams.size(), files_.front().path().string());
  return std::make_shared<TeeSink>(std::move(sinks));
}

}  // namespace actionflow
