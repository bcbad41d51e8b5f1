// FFmpeg's own log lines, which go to the log at debug level, never with credentials in them, and its set-up.
#pragma once

#include <string>

namespace actionflow {

// Sends the lines of FFmpeg's log to the program's and bounds each of its allocations (kMaxAllocationBytes),
// in the whole process. For main().
void take_over_ffmpeg();

// Registers devices and sets up the network, once; every entry into FFmpeg calls it first. Thread-safe.
void prepare_ffmpeg();

// While it stands, the first error or warning that FFmpeg logs on this thread is added to `text`, until that
// ends with a line break: it often says more than the error's number. Nothing comes before
// take_over_ffmpeg().
class FirstComplaint {
 public:
  explicit FirstComplaint(std::string& text);
  ~FirstComplaint();
  FirstComplaint(const FirstComplaint&) = delete;
  FirstComplaint& operator=(const FirstComplaint&) = delete;

 private:
  std::string* before_;
};

// A log line as it may be shown: addresses without credentials, headers that authorise cut off.
std::string safe_log_line(std::string line);

}  // namespace actionflow
