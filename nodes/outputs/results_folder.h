// A folder of results that any number of processes fill, on any number of machines that see it.
//
// Each recording has a file there, by its path: FOLDER/yard/1.mp4.jsonl, with its lines as json_output.h has
// them. It is there whole or not at all. A process takes a recording before it reads it, and no other takes
// it meanwhile; one that is killed lets go of it.
//
// A recording is told by the file that its name leads to, however that is written: "./a.mp4", an absolute
// path, a link. Its path counts from the folder that FOLDER stands in, where it lies there, so that machines
// which see both at other places agree. Where it was read from something else, it is not done.
// FOLDER/.made_by says which network and options all results are of.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/files/name_locks.h"
#include "nodes/results/result_sink.h"

namespace actionflow {

// Thread-safe.
class ResultsFolder {
 public:
  // Makes the folder. Throws UsageError where a file stands there, Error where nothing can be written.
  explicit ResultsFolder(std::filesystem::path folder);

  // Throws UsageError where what stands there was made otherwise: `how` has a line "key: value" for each
  // thing that results depend on.
  void require_made_by(const std::string& how);
  // What a stream is read from, in a word: results that were made from something else do not count.
  void expect(const std::string& stream, const std::string& made_from);
  // Its file is there, and the recording could be read.
  bool done(const std::string& stream) const;
  // Whether the caller is to read it: nobody else does, and it is not done. Held until put() or leave().
  // Throws Error where the file system has no locks, UsageError where its file holds another stream's
  // results.
  bool take(const std::string& stream);
  // Writes its file. Throws Error where that fails.
  void put(const std::string& stream, const std::string& lines);
  void leave(const std::string& stream) noexcept;

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path file_of(const std::string& stream) const;
  // The recording's name, whichever way the stream's is written.
  std::string recording_of(const std::string& stream) const;
  // As expect() was told; empty where it was not.
  std::string made_from(const std::string& stream) const;

 private:
  // What a recording's file is of.
  struct Standing {
    std::string recording, stream, made_from;
    bool done = false;
  };

  std::vector<Standing> standing_in(const std::filesystem::path& file) const;
  bool is_done(const Standing& standing, const std::string& stream) const;
  void make_ready(const std::filesystem::path& folder);

  const std::filesystem::path folder_, home_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::string> recordings_;  // by streams
  std::map<std::string, std::string> made_from_;           // by streams
  std::set<std::string> taken_;  // recordings; a lock does not keep its process from taking it again
  NameLocks locks_;
  std::set<std::filesystem::path> swept_;  // folders in which nothing is left of runs that were killed
};

// The files of results below such a folder, in natural order.
std::vector<std::filesystem::path> result_files_in(const std::filesystem::path& folder);

// Collects a stream's lines until its end.
class FolderOutput : public ResultSink {
 public:
  explicit FolderOutput(std::shared_ptr<ResultsFolder> folder) : folder_(std::move(folder)) {}
  void window(const WindowResult& result) override;
  void event(const EventResult& result) override;
  void stream_end(const StreamEnd& end) override;
  void summary(const Summary&) override {}

 private:
  const std::shared_ptr<ResultsFolder> folder_;
  std::map<std::string, std::string> waiting_;  // by stream
};

}  // namespace actionflow
