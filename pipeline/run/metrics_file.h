// A run's metrics in a file, for the textfile collector of Prometheus' node exporter (its name ends in
// .prom). Replaced now and then and at the end, so that a reader sees it whole.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "pipeline/graph/metrics_options.h"

namespace actionflow {

class MetricsFile {
 public:
  // Writes what `text` gives, on a thread of its own; a failure is logged once. Without a file nothing
  // happens.
  MetricsFile(const MetricsOptions& options, std::function<std::string()> text);
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

 private:
  void run();
  void write();

  const MetricsOptions options_;
  const std::function<std::string()> text_;
  bool complained_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace actionflow
