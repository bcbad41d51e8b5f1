// Names of recordings, by which people and results tell them.
#pragma once

#include <string>

namespace actionflow {

// A recording's name: its path as it is; its address with what mask.h hides as "***-" and 12 digits of a hash
// of what stands there, so that two recordings have two names, each the same in all runs. Logins, passwords,
// and the signatures of addresses that storage services give out for a time, are "***" alone: they open a
// recording and do not say which it is. What cannot be shown is cleaned as by printable(), and a hash of the
// whole put behind. Looks at the disk where a path may be a login without its scheme. From any thread.
std::string recording_name(const std::string& source);

}  // namespace actionflow
