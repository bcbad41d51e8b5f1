// The folder that a training run writes: who may write it, and what stands in it.
//
//   last.safetensors    everything needed to go on       recipe.yaml     what the run was started with
//   best.safetensors    just what `classify` needs       metrics.jsonl   a line an epoch
//   member-1.safetensors, …: of a run with several members, what best.safetensors is the mean of
//
// One run at a time: the folder is held by a lock that the system lets go when the process ends, however it
// ends. Every file is replaced whole, so a kill at any moment leaves the old one or the new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/files/file_lock.h"

namespace actionflow {

// A line of metrics.jsonl. Scores are shares of the split.
struct EpochMetrics {
  int epoch = 0;  // from 1
  double loss = 0;
  double train_top1 = 0;
  double val_top1 = 0, val_loss = 0;  // NaN without a validation split: written as null
  double samples_per_second = 0;
  double data_wait = 0;      // share of the time of the epoch's steps spent waiting for data
  double learning_rate = 0;  // of its last step
  std::int64_t step = 0;     // done since the start
  std::int64_t substituted = 0;
  double seconds = 0;

  std::string line() const;  // JSON, without a newline
};

class RunFolder {
 public:
  // Throws UsageError for a folder that another run holds, or that is not empty unless `resume`. Makes the
  // folder, and removes what a killed run left half-written. A rank that is not the first only reads: it
  // holds nothing, and what would be written is not.
  RunFolder(std::filesystem::path path, bool resume, bool writes = true);
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  bool writes() const { return lock_.has_value(); }
  // From now on it writes, where nobody holds the folder: the first rank has died.
  void try_to_take_over();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path last() const { return path_ / "last.safetensors"; }
  std::filesystem::path best() const { return path_ / "best.safetensors"; }
  // Of a run with several members, counted from 0, each one's best epoch.
  std::filesystem::path member(int index) const {
    return path_ / ("member-" + std::to_string(index + 1) + ".safetensors");
  }
  std::filesystem::path metrics() const { return path_ / "metrics.jsonl"; }

  // Adds a line.
  void add(const EpochMetrics& metrics);
  // Leaves the lines of the first `epochs` epochs only. Lines that are not ours, or cut off, go too.
  void cut_metrics(int epochs);
  void write_recipe(const std::string& yaml) const;

 private:
  void write_metrics() const;

  std::filesystem::path path_;
  std::optional<FileLock> lock_;
  std::vector<std::string> lines_;
};

}  // namespace actionflow
