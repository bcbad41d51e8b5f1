// Files that a run's results go to, by their suffix: NAME.jsonl, .csv, .srt, .vtt or .html; or a folder,
// FOLDER/, which runs share (results_folder.h).
//
// Such a file says which streams are done. So a run over many files that was stopped goes on: what is done
// stays as it is, as does all that other runs wrote there, and the rest is read (again). A file that could
// not be read is tried again. An empty file says nothing, so it is written.
#pragma once

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "nodes/outputs/event_page.h"
#include "nodes/outputs/results_folder.h"
#include "nodes/outputs/stream_output.h"

namespace actionflow {

class OutputFile {
 public:
  // `several`: streams; then captions are a file each, NAME-STREAM.srt. Reads what stands there. Throws
  // UsageError for another suffix, and where something else stands there.
  OutputFile(std::filesystem::path file, bool several);

  bool done(const std::string& stream) const;
  // The folder that runs share; null for a file, which is this run's alone.
  const std::shared_ptr<ResultsFolder>& folder() const { return folder_; }
  // Throws UsageError where captions of two streams would be one file, or a file's name too long.
  void check_streams(const std::set<std::string>& streams) const;

  struct Content {
    Found found = Found::events;
    std::set<std::string> renewed = {};  // files that this run reads: what stands of them there is dropped
    std::set<std::string> cameras = {};  // streams that have no end
    SourceFiles files = {};
    std::vector<std::string> classes = {};  // that labels are of
  };
  // Begins writing. Throws UsageError or Error where that cannot be done.
  std::shared_ptr<ResultSink> open(const Content& content) const;

  const std::filesystem::path& path() const { return file_; }

 private:
  std::filesystem::path captions_of(const std::string& stream) const;
  LineOutput go_on(const std::string& head, const std::set<std::string>& renewed) const;

  std::filesystem::path file_;
  std::string suffix_;
  bool several_;
  std::set<std::string> done_;
  std::shared_ptr<ResultsFolder> folder_;
};

}  // namespace actionflow
