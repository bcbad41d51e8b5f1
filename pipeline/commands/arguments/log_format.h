// How the program tells what is no result: as lines for people, or as JSON for machines.
#pragma once

#include <string>

#include "base/log/log.h"

namespace actionflow {

enum class LogFormat { text, json };

// For the whole program from here on; standard error either way. JSON has a line each:
// {"time":"2024-05-01T12:00:00.000Z","level":"warn","message":"…"}.
void set_log_format(LogFormat format);

// What is not the log's: an error for which the program, or one file of several, ends. As it stands, or as
// such a line of JSON. Credentials have to be masked.
void tell_line(log::Level level, const std::string& message);

}  // namespace actionflow
