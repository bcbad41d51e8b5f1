#include "pipeline/run/metrics_file.h"

#include <chrono>
#include <utility>

#include "base/files/atomic_file.h"
#include "base/log/log.h"

namespace actionflow {

MetricsFile::MetricsFile(const MetricsOptions& options, std::function<std::string()> text)
    : options_(options), text_(std::move(text)) {
  if (options_.file.empty()) return;
  remove_leftovers(options_.file);
  thread_ = std::thread([this] { run(); });
}

MetricsFile::~MetricsFile() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MetricsFile::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool last = ended_;
    lock.unlock();
    write();
    lock.lock();
    if (last) return;
    changed_.wait_for(lock, std::chrono::duration<double>(options_.every.seconds), [this] { return ended_; });
  }
}

void MetricsFile::write() {
  try {
    replace_file(options_.file, text_());
    complained_ = false;
  } catch (const std::exception& error) {
    if (!std::exchange(complained_, true)) log::error("metrics: {}", error.what());
  }
}

}  // namespace actionflow
