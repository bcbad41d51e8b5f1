#include "base/log/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "base/text/mask.h"

namespace actionflow::log {

namespace {

std::atomic<Level> threshold{Level::info};

struct Sink {
  std::mutex mutex;
  std::function<void(Level, std::string_view)> instead;
  std::shared_ptr<spdlog::logger> logger;

  Sink() {
    logger = std::make_shared<spdlog::logger>("actionflow",
                                              std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    logger->set_pattern("%H:%M:%S.%e %^%l%$ %v");
    logger->set_level(spdlog::level::trace);
    logger->flush_on(spdlog::level::trace);
  }
};

// Never destroyed: a thread that was abandoned inside a system call may log after main has ended.
Sink& sink() {
  static Sink* const only = std::make_unique<Sink>().release();
  return *only;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

}  // namespace

void set_level(Level level) { threshold.store(level, std::memory_order_relaxed); }

Level level() { return threshold.load(std::memory_order_relaxed); }

void set_sink(std::function<void(Level, std::string_view)> instead) {
  const std::lock_guard lock(sink().mutex);
  sink().instead = std::move(instead);
}

void write(Level at, std::string_view message) {
  if (at < level() || at == Level::quiet) return;
  const std::string line = without_credentials(std::string(message));
  const std::lock_guard lock(sink().mutex);
  if (sink().instead) {
    sink().instead(at, line);
  } else {
    sink().logger->log(spdlog_level(at), line);
  }
}

}  // namespace actionflow::log
