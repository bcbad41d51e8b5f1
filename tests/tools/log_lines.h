// The lines that the program logs while it stands.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log/log.h"

namespace actionflow::testing {

class LogLines {
 public:
  LogLines() {
    log::set_sink([this](log::Level, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    });
  }
  ~LogLines() { log::set_sink({}); }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace actionflow::testing
