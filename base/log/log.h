// The program's log: lines for people, on stderr; stdout belongs to results.
//
//   log::info("{} opened: {}×{}, {:.3f} frames/s", name, width, height, rate);
//   log::limited(limit, log::Level::warn, "{}: damaged frame", name);   // "… (12 more)" after a pause
//
// Any thread may log; a line is written whole. Passwords in addresses are hidden, whoever logs them.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>
#include <utility>

#include "base/machine/clock.h"

namespace actionflow::log {

enum class Level { debug, info, warn, error, quiet };

// Lines below it are left out; quiet leaves out all. Until told: info.
void set_level(Level level);
Level level();

// Where lines go instead of stderr, for tests and for progress lines that have to step aside; an
// empty function gives stderr back. It is called under the log's lock.
void set_sink(std::function<void(Level, std::string_view line)> sink);

void write(Level level, std::string_view message);

template <class... Arguments>
void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (level() <= Level::debug)
    write(Level::debug, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (level() <= Level::info) write(Level::info, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void warn(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (level() <= Level::warn) write(Level::warn, fmt::format(format, std::forward<Arguments>(arguments)...));
}
template <class... Arguments>
void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (level() <= Level::error)
    write(Level::error, fmt::format(format, std::forward<Arguments>(arguments)...));
}

// At most one line in the limit's interval; the next says how many were held back.
template <class... Arguments>
void limited(RateLimit& limit, Level at, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  std::int64_t held_back = 0;
  if (level() > at || !limit.pass(held_back)) return;
  std::string line = fmt::format(format, std::forward<Arguments>(arguments)...);
  if (held_back > 0) line += fmt::format(" ({} more)", held_back);
  write(at, line);
}

}  // namespace actionflow::log
