// FFmpeg's own log lines: they go to our log at debug level, never with credentials in them.
#pragma once

#include <string>

namespace actionflow {

// Takes over FFmpeg's log and bounds its allocations, once; every entry into FFmpeg calls it first.
// Thread-safe.
void prepare_ffmpeg();

// A log line as it may be shown: addresses without credentials, headers that authorise cut off.
std::string safe_log_line(std::string line);

}  // namespace actionflow
