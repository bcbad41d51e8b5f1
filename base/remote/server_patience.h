// How long servers that do not answer are waited for.
//
// One that has answered this process before: for as many seconds as ACTIONFLOW_PATIENCE says, 300 unless it
// is set. One that never has, whose name may be wrong: for 5. One that was waited for in vain is asked once
// each time, until it answers. After end_patience() all are.
//
// Servers are named as in addresses: "https://host:port". From any thread.
#pragma once

#include <string>

#include "base/error.h"

namespace actionflow {

// A server that answered before and was waited for in vain. No SourceError: nothing is known of the file that
// was asked for, so nobody may take it for one that cannot be read.
class ServerLost : public Error {
 public:
  explicit ServerLost(const std::string& message) : Error(ExitCode::source, message) {}
};

// "https://host:port" of "https://user@host:port/path?query".
std::string server_of(const std::string& url);

// Throws UsageError where ACTIONFLOW_PATIENCE is none, before anything is waited for.
void check_patience();

// Seconds. Throws UsageError where ACTIONFLOW_PATIENCE is none from 0 to 1e6.
double patience_with(const std::string& server);

bool has_answered(const std::string& server);
// `trouble`: that it cannot serve for now.
void note_answer(const std::string& server, bool trouble);
void note_vain_wait(const std::string& server);

// The program is to end.
void end_patience() noexcept;

}  // namespace actionflow
