#include "pipeline/commands/arguments/log_format.h"

#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "base/machine/clock.h"
#include "base/text/json_text.h"

namespace actionflow {

namespace {

bool json_lines = false;

const char* name_of(log::Level level) {
  switch (level) {
    case log::Level::debug:
      return "debug";
    case log::Level::info:
      return "info";
    case log::Level::warn:
      return "warn";
    default:
      return "error";
  }
}

void write_json(log::Level level, std::string_view message) {
  const nlohmann::ordered_json line{
      {"time", utc_text(Clock::system().wall_ns())}, {"level", name_of(level)}, {"message", message}};
  const std::string text = json_text(line) + "\n";
  // One write a line, so that lines of several threads stay whole.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void set_log_format(LogFormat format) {
  json_lines = format == LogFormat::json;
  log::set_sink(json_lines ? write_json : std::function<void(log::Level, std::string_view)>());
}

void tell_line(log::Level level, const std::string& message) {
  if (json_lines) return write_json(level, message);
  std::cerr << message << "\n";
}

}  // namespace actionflow
